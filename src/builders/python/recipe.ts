import { posix } from 'node:path'
import { readToml } from '../../lib/build/wish-python.ts'
import type { Build } from '../../model/app.ts'
import type { ArtifactUse, Recipe, RecipeStep, SourceFiles } from '../../model/plug.ts'
import { installsItself, listingOf, requirementFiles } from './dependencies.ts'
import { startOf } from './start-command.ts'

/** Tools that install and are not part of the app: a Python environment of their own, gone after the build. */
const TOOLS = '.landfall-tools'
const PIP = '.venv/bin/pip'

export function recipe(files: SourceFiles, build: Build, use?: ArtifactUse): Recipe {
  const { options } = build
  const folder = options.workspace ?? '.'
  const output = options.output === undefined ? '.' : posix.join(folder, options.output)
  const command = use?.run?.length ? undefined : startOf(files, options)?.command
  const own = options.command
  const building: RecipeStep[] = own ? [{ title: 'build', command: own, cwd: folder, env: {}, needsNetwork: false }] : []
  return {
    steps: [...installSteps(files, build, folder), ...building],
    output,
    path: output === '.' ? [posix.join(folder, '.venv/bin')] : [],
    ...(command && output === '.' && { command }),
  }
}

function installSteps(files: SourceFiles, { options }: Build, folder: string): RecipeStep[] {
  const listing = listingOf(files, options)
  const inFolder = (file: string) => posix.join(folder, file)
  let from: string[] | undefined
  const steps: RecipeStep[] = []
  const add = (title: string, command: string[], env: Record<string, string> = {}) =>
    steps.push({ title, command, cwd: folder, env, needsNetwork: true, stage: 'install' })
  add('make the Python environment', ['python', '-m', 'venv', '.venv'])
  if (options.install) {
    add('install dependencies', options.install)
  } else if (listing.type === 'requirements') {
    add('install dependencies', [PIP, 'install', '--requirement', listing.file])
    const all = requirementFiles(files, inFolder(listing.file))
    if (!all.some((f) => installsItself(files.text(f) ?? ''))) from = all
  } else if (listing.type === 'uv') {
    tool(add, 'uv', ['uv', 'sync', '--frozen', '--no-dev', '--no-editable'], {
      UV_PROJECT_ENVIRONMENT: '.venv',
      UV_LINK_MODE: 'copy',
      UV_PYTHON_DOWNLOADS: 'never',
    })
    // A project that is no package is not installed itself.
    if (!('build-system' in readToml(files.text(inFolder('pyproject.toml'))))) from = ['uv.lock', 'pyproject.toml'].map(inFolder)
  } else if (listing.type === 'poetry') {
    tool(add, 'poetry', ['poetry', 'install', '--only', 'main', '--no-root', '--no-interaction'], {
      POETRY_VIRTUALENVS_IN_PROJECT: 'true',
    })
    from = ['poetry.lock', 'pyproject.toml'].map(inFolder)
  } else if (listing.type === 'pyproject') {
    add('install the project', [PIP, 'install', '.'])
  }
  // All of them make one folder: taken from an earlier build, none of them runs.
  const keeps = from && { from: from.sort(), folders: [inFolder('.venv')] }
  return keeps ? steps.map((step) => ({ ...step, keeps })) : steps
}

function tool(
  add: (title: string, command: string[], env?: Record<string, string>) => void,
  name: string,
  command: string[],
  env: Record<string, string>,
): void {
  const [program = name, ...args] = command
  add(`make the environment of ${name}`, ['python', '-m', 'venv', TOOLS])
  add(`get ${name}`, [`${TOOLS}/bin/pip`, 'install', name])
  add('install dependencies', [`${TOOLS}/bin/${program}`, ...args], env)
  add(`remove ${name}`, ['rm', '-rf', '--', TOOLS])
}
