import { posix } from 'node:path'
import { closureOf, type PackageJson, readPackage, workspacesOf } from '../../lib/build/workspaces.ts'
import type { Build } from '../../model/app.ts'
import type { ArtifactUse, Recipe, RecipeStep, SourceFiles } from '../../model/plug.ts'
import { type Framework, frameworkOf } from './frameworks.ts'
import { installInputs } from './install-inputs.ts'
import { developmentAtRunTime } from './needs-development.ts'
import { type Manager, managerOf } from './package-manager.ts'
import { type Start, startOf } from './start-command.ts'

/** Everything that is decided about a build, from the files alone. */
export interface Decided {
  manager: Manager
  /** The component's own folder. */
  folder: string
  json?: PackageJson
  framework?: Framework
  start?: Start
  /** Folder that is kept; `.` for the whole source with its packages. */
  output: string
  /** Packages of development that stay, since something that runs uses them. */
  stays: string[]
}

export function decide(files: SourceFiles, build: Build, use?: ArtifactUse): Decided {
  const { options } = build
  const folder = options.workspace ?? '.'
  const manager = managerOf(files, options)
  const json = readPackage(files, folder)
  const framework = frameworkOf(json, (file) => files.text(posix.join(folder, file)))
  const start = json && startOf(files, folder, json, framework)
  const isStatic = use ? use.type === 'static' : framework?.type === 'static' && !start
  const kept = options.output ?? (isStatic ? framework?.output : undefined)
  const run = use?.run ?? start?.command
  const jsons = [readPackage(files, manager.base), json].filter((j) => j !== undefined)
  const stays = developmentAtRunTime(jsons, [...(use?.commands ?? []), ...(run ? [run] : [])])
  const output = kept === undefined ? '.' : posix.join(folder, kept)
  return { manager, folder, ...(json && { json }), ...(framework && { framework }), ...(start && { start }), output, stays }
}

export function recipe(files: SourceFiles, build: Build, use?: ArtifactUse): Recipe {
  const decided = decide(files, build, use)
  const { manager, folder, output, start } = decided
  const bins = [...new Set([folder, manager.base])].map((f) => posix.join(f, 'node_modules/.bin'))
  const steps = [installStep(files, build, decided), ...buildSteps(files, build, decided), ...pruneSteps(files, build, decided)]
  const command = output === '.' ? start?.command : undefined
  return { steps, output, path: output === '.' ? bins : [], ...(command && { command }) }
}

const BERRY_ENV = { YARN_NODE_LINKER: 'node-modules', YARN_ENABLE_TELEMETRY: '0' }
/** Development's packages are what builds: they come whatever NODE_ENV says. */
const INSTALL = {
  npm: {
    frozen: ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund'],
    free: ['npm', 'install', '--include=dev', '--no-audit', '--no-fund'],
  },
  pnpm: {
    frozen: ['pnpm', 'install', '--frozen-lockfile', '--prod=false'],
    free: ['pnpm', 'install', '--no-frozen-lockfile', '--prod=false'],
  },
  yarn: {
    frozen: ['yarn', 'install', '--frozen-lockfile', '--production=false', '--non-interactive'],
    free: ['yarn', 'install', '--production=false', '--non-interactive'],
  },
  berry: { frozen: ['yarn', 'install', '--immutable'], free: ['yarn', 'install', '--no-immutable'] },
} as const

function installStep(files: SourceFiles, build: Build, { manager, folder }: Decided): RecipeStep {
  const kind = manager.isBerry ? 'berry' : manager.name
  const scope = scopeOf(files, manager, folder)
  const own = [...INSTALL[kind][manager.lockfile ? 'frozen' : 'free'], ...scope]
  const command = build.options.install ?? own
  const inputs = build.options.install && !isFrozen(build.options.install) ? undefined : installInputs(files, manager, folder)
  const members = manager.base === '.' ? workspacesOf(files) : []
  const folders = [manager.base, ...members].map((f) => posix.join(f, 'node_modules'))
  return {
    title: 'install dependencies',
    command,
    cwd: manager.base,
    env: manager.isBerry ? BERRY_ENV : {},
    needsNetwork: true,
    stage: 'install',
    ...(inputs && { keeps: { from: inputs, folders } }),
  }
}

/** Only what the component and the packages that it needs ask for. */
function scopeOf(files: SourceFiles, manager: Manager, folder: string): string[] {
  if (manager.base === folder || manager.name === 'yarn') return []
  if (manager.name === 'pnpm') return [`--filter={${folder}}...`, '--filter={.}']
  return [...closureOf(files, folder).map((f) => `--workspace=${f}`), '--include-workspace-root']
}

/** Installs that take the lockfile as it stands: what they make follows from it. */
function isFrozen(command: readonly string[]): boolean {
  const [program, verb, ...flags] = command
  if (program === 'npm') return verb === 'ci' || verb === 'clean-install'
  const isInstall = (program === 'pnpm' || program === 'yarn') && (verb === 'install' || verb === 'i')
  return isInstall && (flags.includes('--frozen-lockfile') || flags.includes('--immutable'))
}

function buildSteps(files: SourceFiles, { options }: Build, { manager, folder, json }: Decided): RecipeStep[] {
  const env = manager.isBerry ? BERRY_ENV : {}
  const step = (title: string, cwd: string, command: string[]): RecipeStep => ({ title, command, cwd, env, needsNetwork: false })
  if (options.command) return [step(`build ${folder}`.replace(/ \.$/, ''), folder, options.command)]
  const runBuild = [manager.name, 'run', 'build']
  const needed = manager.base === folder ? [] : closureOf(files, folder).filter((f) => f !== folder)
  const before = needed.filter((f) => readPackage(files, f)?.scripts?.build !== undefined)
  const own = json?.scripts?.build === undefined ? [] : [step('build', folder, runBuild)]
  return [...before.map((f) => step(`build ${f}`, f, runBuild)), ...own]
}

function pruneSteps(files: SourceFiles, build: Build, decided: Decided): RecipeStep[] {
  const { manager, folder, output, json, stays } = decided
  const isKept = output !== '.' || stays.length > 0 || keepsDevelopment(build)
  if (isKept || (build.options.install && !isFrozen(build.options.install))) return []
  const base = readPackage(files, manager.base)
  const needed = manager.base === folder ? [] : closureOf(files, folder).map((f) => readPackage(files, f))
  const hasDevelopment = [base, json, ...needed].some((j) => Object.keys(j?.devDependencies ?? {}).length > 0)
  const command = pruneCommand(files, manager, folder)
  if (!hasDevelopment || !command) return []
  const title = 'remove packages that only development needs'
  return [{ title, command, cwd: manager.base, env: {}, needsNetwork: false, stage: 'prune' }]
}

function pruneCommand(files: SourceFiles, manager: Manager, folder: string): string[] | undefined {
  const scope = scopeOf(files, manager, folder)
  // With the scope, or npm brings what other packages of the monorepo need.
  if (manager.name === 'npm') return ['npm', 'prune', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', ...scope]
  // Berry would link everything anew, and what was generated inside of it would go.
  if (manager.isBerry || !manager.lockfile) return undefined
  if (manager.name === 'yarn')
    return ['yarn', 'install', '--production', '--frozen-lockfile', '--ignore-scripts', '--prefer-offline', '--non-interactive']
  // `pnpm prune` empties the packages of a monorepo; this takes away exactly what is left over.
  const flags = ['--prod', '--frozen-lockfile', '--offline', '--ignore-scripts', '--config.modules-cache-max-age=0']
  return ['pnpm', 'install', ...flags, ...scope]
}

/** npm's own way to say so: `npm_config_include=dev` in the build's environment. */
function keepsDevelopment(build: Build): boolean {
  const wish = Object.entries(build.env).find(([name]) => name.toLowerCase() === 'npm_config_include')?.[1]
  return wish?.type === 'text' && wish.text.includes('dev')
}
