import { existsSync, realpathSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { Component, Source } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { RecipeStep } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { LandfallError } from '../error.ts'
import { failpoint } from '../failpoint.ts'
import { builderOf, checkBuild, holdsSecret, useOf } from './artifact-name.ts'
import { buildEnvironment, openCaches } from './build-environment.ts'
import { checkRoom } from './build-guard.ts'
import { type BuildJob, runStep } from './build-job.ts'
import { type KeptDependencies, keepDependencies, keyOf, type RunAs, takeDependencies } from './keep-dependencies.ts'
import { provideRuntime } from './runtimes.ts'
import { copySource } from './scratch.ts'
import { readSource } from './source.ts'
import { keepWarm, takeWarm } from './warm-folders.ts'

/** What a build left, before it is an artifact. */
export interface Made {
  /** Folder with the files. */
  output: string
  path: string[]
  runtimes: string[]
  folder: string
  command?: string[]
  findings: Finding[]
  dependencies: KeptDependencies[]
}

export async function buildFolder(job: BuildJob, source: Extract<Source, { type: 'folder' }>): Promise<Made> {
  const { input, scratch, log, guard } = job
  const { component, home, identity } = input
  const { workspace = '.' } = component.build.options
  const from = workspace === '.' ? source.path : join(source.path, workspace)
  const tree = await readSource(from, workspace === '.' ? undefined : source.path)
  checkRoom(
    home,
    component.name,
    tree.list.reduce((sum, e) => sum + e.size, 0),
  )
  await copySource(realpathSync(source.path), tree, source.digest, scratch, identity)
  failpoint('build:copied')

  const { files } = tree
  const builder = builderOf(component, input.builders)
  // Errors among them have kept a plan from being made; what is left is for whoever looks at the artifact.
  const checked = checkBuild(component, files, input.builders).filter((f) => f.level !== 'error')
  const findings = [...tree.notes, ...checked]
  const recipe = builder.recipe(files, component.build, useOf(component))
  const runtimes: { bin: string; version: string }[] = []
  const wishes = builder.runtimes(files, component.build)
  for (const wish of wishes) {
    const runtime = await provideRuntime(wish, home, { signal: guard.signal, say: log.line, ...(identity && { identity }) })
    // A package manager stands before the Node that brings another one along.
    runtimes.unshift(runtime)
    log.line(`${wish.name} ${runtime.version}${wish.from ? ` (${wish.from})` : ''}`)
  }
  const bins = runtimes.map((r) => r.bin)
  const caches = openCaches(home, identity)
  const own = await valuesOf(job, component.build.env)
  const node = bins.find((b) => existsSync(join(b, 'node')))
  const env = buildEnvironment({
    home,
    artifact: input.artifact,
    caches,
    temporary: scratch.temporary,
    folders: [...recipe.path.map((p) => join(scratch.root, p)), ...bins],
    ...(node && { node: join(node, '..') }),
    isRoot: process.getuid?.() === 0,
    isPnpm: wishes.some((w) => w.name === 'pnpm'),
    own,
  })
  const run: RunAs = (argv) => runStep(job, { title: 'prepare', argv, cwd: '.', env, isShown: false })
  const runRecipe = (step: RecipeStep) =>
    runStep(job, { title: step.title, argv: step.command, cwd: step.cwd, env: { ...env, ...step.env }, isShown: true })
  const inStage = (stage: RecipeStep['stage']) => recipe.steps.filter((s) => (s.stage ?? 'build') === stage)

  const facts = { runtimes: runtimes.map((r) => r.bin), own, builder: builder.name }
  const dependencies = await installAll(job, inStage('install'), facts, run, runRecipe)
  const warm = join(caches.folder, 'warm', `${input.runOf.app}-${component.name}`)
  const warmFolders = [...new Set(['.', workspace])]
  await takeWarm(warm, scratch.root, warmFolders, run)
  for (const step of inStage('build')) await runRecipe(step)
  await runTest(job, env, workspace)
  for (const step of inStage('prune')) await runRecipe(step)
  await keepWarm(warm, scratch.root, warmFolders, run)

  const output = outputOf(component, scratch.root, recipe.output, findings)
  const isWhole = output === scratch.root
  return {
    output,
    path: recipe.path,
    runtimes: bins,
    folder: isWhole ? workspace : '.',
    ...(recipe.command && { command: recipe.command }),
    findings,
    dependencies: isWhole ? dependencies : [],
  }
}

/** Installs, or takes what an earlier build installed from the same files. */
async function installAll(
  { input, scratch, log }: BuildJob,
  steps: RecipeStep[],
  facts: Record<string, unknown>,
  run: RunAs,
  runRecipe: (step: RecipeStep) => Promise<void>,
): Promise<KeptDependencies[]> {
  const { home, identity } = input
  const taken: KeptDependencies[] = []
  for (const group of groupsOf(steps)) {
    const take = (key: string) => takeDependencies(home, key, scratch.root, identity, run)
    const key = group[0]?.keeps && keyOf(group, scratch.root, facts)
    const before = key && (await take(key))
    if (before) {
      log.line('dependencies are those of an earlier build: nothing that decides them has changed')
      taken.push(before)
      continue
    }
    for (const step of group) await runRecipe(step)
    const isKept = key && (await keepDependencies(home, key, group, scratch.root, identity))
    const now = isKept && (await take(key))
    if (now) taken.push(now)
  }
  return taken
}

/** Steps that make the same folders together are taken or run together. */
function groupsOf(steps: RecipeStep[]): RecipeStep[][] {
  const groups: RecipeStep[][] = []
  for (const step of steps) {
    const last = groups.at(-1)
    const isSame = step.keeps && JSON.stringify(last?.[0]?.keeps) === JSON.stringify(step.keeps)
    if (last && isSame) last.push(step)
    else groups.push([step])
  }
  return groups
}

async function runTest(job: BuildJob, env: Record<string, string>, cwd: string): Promise<void> {
  const { test, name } = job.input.component
  if (!test?.length) return
  const argv: string[] = []
  for (const word of test) argv.push(await textOf(job, word, name))
  await runStep(job, { title: 'test', argv, cwd, env, isShown: true, code: 'E_TEST' })
}

async function valuesOf(job: BuildJob, values: Record<string, Value>): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) texts[name] = await textOf(job, value, name)
  return texts
}

async function textOf({ input }: BuildJob, value: Value, name: string): Promise<string> {
  if (value.type === 'text') return value.text
  if (holdsSecret(value)) {
    const at = `components.${input.component.name}.build`
    throw new LandfallError({ code: 'E_SECRET_IN_BUILD', at, message: `${name} is a secret, which a build is never given` })
  }
  const { app, environment, release = '' } = input.runOf
  return input.value(value, { app, environment, component: input.component.name, release })
}

/** The folder that is kept, which must lie in the source whatever the build made of its name. */
function outputOf(component: Component, root: string, output: string, findings: Finding[]): string {
  const at = `components.${component.name}.build.output`
  const place = join(root, output)
  const real = existsSync(place) ? realpathSync(place) : undefined
  const isInside = real !== undefined && (real === root || !relative(root, real).startsWith('..'))
  if (!real || !isInside || !statSync(real).isDirectory()) {
    const message = `${component.name}: the build left no folder ${output}`
    throw new LandfallError({
      code: 'E_NO_OUTPUT',
      at,
      message,
      hint: 'correct `build.output`: a path from the source of the component',
    })
  }
  if (component.type === 'static' && !existsSync(join(real, 'index.html'))) {
    const message = `there is no index.html in ${output.split(sep).join('/')}: the address of the site answers 404`
    findings.push({ level: 'warning', code: 'W_NO_INDEX', at, message })
  }
  return real
}
