import { posix } from 'node:path'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { fixedText, quoteAll, type ShellFacts } from '../image/shell.ts'

/** How a component is built and tested on a machine that is not ours, before any pipeline's words are chosen. */
export interface PipelineJob {
  component: Component
  /** Folder of its source, from the root of the repository. */
  folder: string
  /** Versions of runtimes, each as its builder wants it. */
  node?: string
  python?: string
  /** `pnpm@9` and the like, where the runtime does not bring it. */
  manager?: string
  /** Lock file, from the root of the repository: what caches go by. */
  lock?: string
  steps: PipelineStep[]
  /** From the root of the repository: what was built. */
  output: string
  /** Values of the build. */
  env: Record<string, string>
  /** Those that only the pipeline's own settings can give. */
  asked: string[]
}
export interface PipelineStep {
  title: string
  /** One line of a shell. */
  run: string
  /** From the root of the repository. */
  folder: string
  env: Record<string, string>
}

const LOCKS = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'requirements.txt', 'uv.lock', 'poetry.lock']

/** Undefined where there is nothing to build: an image, or files that are published as they are and have no test. */
export function jobOf(app: App, component: Component, context: WriteContext, root: string): PipelineJob | undefined {
  const recipe = context.recipe(component)
  if (!recipe) return undefined
  const folder = posix.join(root, context.folder(component))
  const { env, asked } = buildValues(app, component)
  const files = context.files(component)
  const workspace = component.build.options.workspace ?? '.'
  const lock = [posix.join(workspace, ''), '.'].flatMap((f) => LOCKS.map((l) => posix.join(f, l))).find((l) => files.names.has(l))
  const wish = (name: string) => context.runtimes(component).find((r) => r.name === name)?.version
  const [node, python, pnpm, yarn] = [wish('node'), wish('python'), wish('pnpm'), wish('yarn')]
  const built = recipe.steps.filter((s) => s.stage !== 'prune')
  const steps = built.map(
    (s): PipelineStep => ({ title: s.title, run: quoteAll(s.command), folder: posix.join(folder, s.cwd), env: s.env }),
  )
  const test = component.test?.map((v) => fixedText(v, factsOf(app)))
  if (test?.every((w) => w !== undefined)) {
    steps.push({ title: 'test', run: quoteAll(test), folder: posix.join(folder, workspace), env: {} })
  }
  const manager = pnpm ? `pnpm@${pnpm}` : yarn ? `yarn@${yarn}` : undefined
  return {
    component,
    folder,
    ...(node && { node }),
    ...(python && { python }),
    ...(manager && { manager }),
    ...(lock && { lock: posix.join(folder, lock) }),
    steps,
    output: posix.join(folder, recipe.output),
    env,
    asked,
  }
}

/** What stands in the manifest is written down; the rest is asked from the pipeline, by name. */
function buildValues(app: App, component: Component): { env: Record<string, string>; asked: string[] } {
  const env: Record<string, string> = {}
  const asked: string[] = []
  const facts = factsOf(app)
  for (const [name, value] of Object.entries(component.build.env)) {
    const fallback = app.contract.find((e) => e.name === name)?.default
    const text = fixedText(value, facts) ?? (fallback && fixedText(fallback, facts))
    if (text === undefined) asked.push(name)
    else env[name] = text
  }
  return { env, asked }
}

export function factsOf(app: App): ShellFacts {
  return {
    ...(app.version !== undefined && { version: app.version }),
    hosts: (of) => [...new Set(app.routes.filter((r) => of === undefined || r.to === of).map((r) => r.host))],
    folder: () => undefined,
    has: () => false,
  }
}
