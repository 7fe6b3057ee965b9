import { posix } from 'node:path'
import { closureOf, workspacesOf } from '../../lib/build/workspaces.ts'
import type { App, Health } from '../../model/app.ts'
import type { Recipe, RecipeStep, RuntimeWish, SourceFiles } from '../../model/plug.ts'
import { writtenBy } from '../written-by.ts'
import { SUPPORT, toolOf } from './entrypoint.ts'
import type { ImagePlan } from './plan-image.ts'
import { quote, quoteAll } from './shell.ts'

export interface DockerfileInput {
  app: App
  plan: ImagePlan
  recipe: Recipe
  files: SourceFiles
  wishes: RuntimeWish[]
  /** Values of the build, as far as they are known: those without a text have to be given with `--build-arg`. */
  buildArgs: Record<string, string | undefined>
  /** Path of the folder with the entrypoint, from the context. */
  support: string
  style: ImageStyle
  /** Name of the target that writes it. */
  by: string
  /** How the image is built, for the first lines. */
  say: string
}

export interface ImageStyle {
  /** It starts as root and gives that up itself (gosu), since the platform wants it so. */
  isRoot: boolean
  /** `entrypoint.sh`. */
  script: string
  /** Folders that lead elsewhere: on a disk that is read-only, to one that is not. */
  links?: Record<string, string>
}

const USER_HEAD = [
  '# tini is process 1: it passes signals on and buries what the app leaves behind.',
  'RUN apt-get update && apt-get install -y --no-install-recommends tini ca-certificates && rm -rf /var/lib/apt/lists/* \\',
  ' && groupadd --gid 1001 app && useradd --uid 1001 --gid 1001 --create-home --shell /usr/sbin/nologin app',
]
const ROOT_HEAD = [
  '# The platform starts it as root, on a disk that is read-only: the script gives root up, and HOME is where one may write.',
  'RUN apt-get update && apt-get install -y --no-install-recommends gosu ca-certificates && rm -rf /var/lib/apt/lists/* \\',
  ' && groupadd --gid 1001 app && useradd --uid 1001 --gid 1001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin app',
]

function linkLines(links: Record<string, string>): string[] {
  return Object.entries(links).map(
    ([from, to]) => `RUN rm -rf ${quote(from)} && mkdir -p ${quote(posix.dirname(from))} && ln -s ${quote(to)} ${quote(from)}`,
  )
}

/** Stages build → pruned → runtime: layers that change seldom come first, and only what runs is shipped. */
export function dockerfile(input: DockerfileInput): string {
  const last = input.recipe.steps.some((s) => s.stage === 'prune') ? 'pruned' : 'build'
  const stages = [buildStage(input), pruneStage(input), runtimeHead(input, last)]
  return `${[headLines(input), ...stages.filter((s) => s !== '')].join('\n\n')}\n`
}

export function headLines({ app, plan, by, say }: DockerfileInput): string {
  const lines = [writtenBy(by), `The component ${plan.component.name} of ${app.name}: ${say}`]
  return [...lines, ...(plan.base.remark ? [`${plan.base.remark}.`] : [])].map((l) => `# ${l}`).join('\n')
}

export function buildStage({ plan, recipe, files, wishes, buildArgs }: DockerfileInput): string {
  const lines = [`FROM ${plan.base.build} AS build`, `WORKDIR ${plan.root}`, 'ENV CI=1 LANG=C.UTF-8']
  for (const { name, version } of wishes) {
    if (name === 'pnpm' || name === 'yarn' || name === 'npm')
      lines.push(`RUN npm install --global ${quote(`${name}@${version}`)}`)
  }
  let hasAll = false
  let isGiven = false
  let seen: string[] | undefined
  const all = () => {
    if (hasAll) return
    hasAll = true
    lines.push(...argLines(buildArgs), 'COPY . .')
    isGiven = true
  }
  for (const step of recipe.steps.filter((s) => s.stage !== 'prune')) {
    const wanted = step.keeps?.from.filter((f) => files.names.has(f))
    if (!wanted || wanted.length === 0) all()
    else if (!hasAll && seen !== step.keeps?.from) {
      lines.push('# While these files stay the same, so does the layer with the packages.', ...copyLines(wanted))
      seen = step.keeps?.from
    }
    lines.push(...runLines(step))
  }
  all()
  if (!isGiven) lines.push(...argLines(buildArgs))
  return lines.join('\n')
}

function argLines(args: Record<string, string | undefined>): string[] {
  const entries = Object.entries(args)
  if (entries.length === 0) return []
  return [
    '# Values of the build become part of what is built: no secrets.',
    ...entries.map(([name, text]) => (text === undefined ? `ARG ${name}` : `ARG ${name}=${dockerText(text)}`)),
    `ENV ${entries.map(([name]) => `${name}=$${name}`).join(' ')}`,
  ]
}

/** One line per folder, so that each file comes to lie where it was. */
function copyLines(paths: string[]): string[] {
  const folders = new Map<string, string[]>()
  for (const path of paths) folders.set(posix.dirname(path), [...(folders.get(posix.dirname(path)) ?? []), path])
  return [...folders].map(([folder, list]) => `COPY ${copyArguments([...list, folder === '.' ? './' : `${folder}/`])}`)
}

export function copyArguments(words: string[]): string {
  return words.every((w) => /^[\w@%+=:,./-]+$/.test(w)) ? words.join(' ') : JSON.stringify(words)
}

function runLines(step: RecipeStep): string[] {
  const env = Object.entries(step.env).map(([name, text]) => `${name}=${quote(text)}`)
  const command = [...env, quoteAll(step.command)].join(' ')
  const inFolder = step.cwd === '.' ? command : `cd ${quote(step.cwd)} && ${command}`
  return [`RUN ${inFolder}`]
}

/** What only the build needed goes, the other packages of the monorepo too. */
function pruneStage({ plan, recipe, files }: DockerfileInput): string {
  const steps = recipe.steps.filter((s) => s.stage === 'prune')
  if (steps.length === 0) return ''
  const workspace = plan.component.build.options.workspace
  const needed = workspace === undefined ? [] : closureOf(files, workspace)
  const others =
    workspace === undefined
      ? []
      : workspacesOf(files).filter((f) => !needed.includes(f) && !needed.some((n) => n.startsWith(`${f}/`)))
  const remove = others.length > 0 ? [`RUN rm -rf -- ${quoteAll(others)}`] : []
  return ['FROM build AS pruned', ...steps.flatMap(runLines), ...remove].join('\n')
}

function runtimeHead(input: DockerfileInput, from: string): string {
  const { plan, recipe, app, support, style } = input
  const { component } = plan
  const fixed = plan.variables.flatMap(({ entry, from: f }) => (f.type === 'fixed' ? [[entry.name, f.text] as const] : []))
  const names = new Set(plan.variables.map((v) => v.entry.name))
  const usual: [string, string][] = [
    ...(plan.base.runtime === 'node' ? [['NODE_ENV', 'production'] as [string, string]] : []),
    ...(plan.base.runtime === 'python' ? [['PYTHONUNBUFFERED', '1'] as [string, string]] : []),
    // Docker gives HOSTNAME the container's own name, to which some servers then bind.
    ...(component.type === 'web'
      ? ([
          ['HOST', '0.0.0.0'],
          ['HOSTNAME', '0.0.0.0'],
        ] as [string, string][])
      : []),
    ...(plan.port !== undefined ? [['PORT', String(plan.port)] as [string, string]] : []),
    ['LANDFALL_APP', app.name],
    ['LANDFALL_COMPONENT', component.name],
    ...(app.version !== undefined ? [['LANDFALL_VERSION', app.version] as [string, string]] : []),
  ]
  const env = [...usual.filter(([name]) => !names.has(name)), ...fixed]
  const path = recipe.path.map((p) => posix.join(plan.root, p))
  const folders = plan.mounts.map((m) => quote(m.path))
  const output = recipe.output === '.' ? `${plan.root}/` : `${posix.join(plan.root, recipe.output)}/`
  return [
    `FROM ${plan.base.run} AS runtime`,
    ...(style.isRoot ? ROOT_HEAD : USER_HEAD),
    `WORKDIR ${plan.root}`,
    `ENV ${env.map(([name, text]) => `${name}=${dockerText(text)}`).join(' \\\n    ')}`,
    ...(path.length > 0 ? [`ENV PATH=${path.join(':')}:$PATH`] : []),
    `COPY ${copyArguments([`${support}/`, `${SUPPORT}/`])}`,
    '# Root owns it: the app may read its own code and not change it.',
    `COPY --from=${from} ${copyArguments([output, './'])}`,
    ...(folders.length > 0 && !style.isRoot ? [`RUN mkdir -p ${folders.join(' ')} && chown 1001:1001 ${folders.join(' ')}`] : []),
    ...linkLines(style.links ?? {}),
    ...(plan.workdir === plan.root ? [] : [`WORKDIR ${plan.workdir}`]),
    ...(style.isRoot ? [] : ['USER 1001:1001']),
    ...(plan.port !== undefined ? [`EXPOSE ${plan.port}`] : []),
    ...(style.isRoot ? [] : healthLines(plan)),
    `STOPSIGNAL ${component.stop.signal}`,
    ...(style.isRoot
      ? [`CMD ${JSON.stringify(['/bin/sh', `${SUPPORT}/${style.script}`])}`]
      : [
          `ENTRYPOINT ${JSON.stringify(['/usr/bin/tini', '--', '/bin/sh', `${SUPPORT}/${style.script}`])}`,
          ...commandLines(plan),
        ]),
  ].join('\n')
}

function healthLines(plan: ImagePlan): string[] {
  const { health } = plan.component
  const tool = toolOf(plan)
  if (!health || !tool || health.type !== 'http') return []
  const every = Math.max(1, Math.round(health.everySeconds))
  const flags = [`--interval=${every}s`, '--timeout=6s', `--start-period=${Math.round(health.timeoutSeconds)}s`, '--retries=3']
  return [`HEALTHCHECK ${flags.join(' ')} \\`, `  CMD ${JSON.stringify([...tool, 'health', JSON.stringify(ruleOf(health))])}`]
}

function ruleOf({ path, status, json, host }: Extract<Health, { type: 'http' }>): Record<string, unknown> {
  return {
    path,
    ...(status !== undefined && { status }),
    ...(json !== undefined && { json }),
    ...(host !== undefined && { host }),
  }
}

/** The entrypoint knows it too; here it is for who looks at the image, and for platforms that show it. */
function commandLines({ command }: ImagePlan): string[] {
  if (!command) return []
  const isPlain = command.every((word) => !word.includes('$'))
  return [`CMD ${JSON.stringify(isPlain ? command.map(unquote) : ['sh', '-c', `exec ${command.join(' ')}`])}`]
}

/** Back from a word that `quote` made. */
function unquote(word: string): string {
  return word.replace(/'([^']*)'|\\(.)/g, (_, inside: string | undefined, escaped: string | undefined) => inside ?? escaped ?? '')
}

/** A value in double quotes, in which Docker would put variables. */
export function dockerText(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/[\\"$]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
