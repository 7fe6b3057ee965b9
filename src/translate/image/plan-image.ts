import { posix } from 'node:path'
import type { App, Component, EnvEntry, EnvGroup, Mount, ReleaseStep } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import type { Value } from '../../model/value.ts'
import { type BaseImages, baseImages } from './base-images.ts'
import { fixedText, type ShellFacts, shellWord, valuesIn } from './shell.ts'

/** Everything that is decided about a component's image, before any text of it is written. Commands are words of a shell. */
export interface ImagePlan {
  component: Component
  /** Where the app lies in the image. */
  root: string
  /** The context of the build, from the project's folder. */
  folder: string
  base: BaseImages
  /** Folder in the image where its commands start. */
  workdir: string
  port?: number
  /** Absent where nothing says how it is started. */
  command?: string[]
  variables: ImageVariable[]
  groups: EnvGroup[]
  /** What must answer before the app starts: a variable with an address, or two with host and port. */
  waits: string[]
  /** Variable with the address of a PostgreSQL whose lock keeps two containers from releasing at once. */
  lock?: string
  release: ReleaseWords[]
  bootstrap: ReleaseWords[]
  tasks: Record<string, string[][]>
  /** `wanted` is the folder that the manifest names, where the platform has another one. */
  mounts: { volume: string; path: string; wanted?: string; writers: 'one' | 'many' }[]
  /** Values that only the platform could give to a command, which then cannot be written: by manifest path. */
  unsaid: string[]
}
export interface ReleaseWords {
  name: string
  run: string[]
  check?: string[]
  files: string[]
}
export interface ImageVariable {
  entry: EnvEntry
  /**
   * `fixed`: stands in the image. `composed`: made at the start from other variables, as a word of a shell. `given`: by who runs
   * the image.
   */
  from: { type: 'fixed'; text: string } | { type: 'composed'; word: string } | { type: 'given' }
  /** Must be set, or the container ends with the reason. */
  isRequired: boolean
}

/** What a platform knows that images in general do not. */
export interface PlanOptions {
  /** Where the app lies in the image: `/app`. */
  root?: string
  /** The folder of a volume, where the platform has a place for it. */
  folder?(mount: Mount): string | undefined
  /** A word of a shell for a value, by the platform's own variables. */
  word?(value: Value): string | undefined
  /** The same for a variable as a whole: under another name, or made at the first start. */
  variable?(entry: EnvEntry): string | undefined
}

export function planImage(app: App, component: Component, context: WriteContext, options: PlanOptions = {}): ImagePlan {
  const { root = '/app' } = options
  const workspace = component.build.options.workspace ?? '.'
  const recipe = context.recipe(component)
  const isWhole = recipe === undefined || recipe.output === '.'
  const workdir = isWhole ? posix.join(root, workspace) : root
  const mounts = component.mounts.map((m) => ({
    volume: m.volume,
    path: options.folder?.(m) ?? (m.path === undefined ? `/data/${m.volume}` : posix.resolve(workdir, m.path)),
    ...(m.path !== undefined && { wanted: posix.resolve(workdir, m.path) }),
    writers: m.writers,
  }))
  const entries = app.contract.filter((e) => e.components.includes(component.name) && e.when !== 'build' && !e.isKeptOut)
  const names = new Set(entries.map((e) => e.name))
  const facts: ShellFacts = {
    ...(app.version !== undefined && { version: app.version }),
    hosts: (of) => [...new Set(app.routes.filter((r) => of === undefined || r.to === of).map((r) => r.host))],
    folder: (volume) => mounts.find((m) => m.volume === volume)?.path,
    has: (name) => names.has(name),
    ...(options.word && { word: options.word }),
  }
  const unsaid: string[] = []
  const words = (values: readonly Value[], at: string): string[] | undefined => {
    const found = values.map((v) => shellWord(open(v), facts))
    if (found.every((w) => w !== undefined)) return found
    unsaid.push(at)
    return undefined
  }
  const at = `components.${component.name}`
  const command = component.command
    ? words(component.command, `${at}.run`)
    : recipe?.command?.map((w) => shellWord({ type: 'text', text: w }, facts) ?? w)
  const variables = entries.map((entry) => planVariable(entry, facts, options))
  const needed = waitsOf(app, component, entries)
  const steps = (list: ReleaseStep[], key: string) =>
    list.flatMap((step, i): ReleaseWords[] => {
      const run = words(step.run, `${at}.${key}.${i}`)
      const check = step.check && words(step.check, `${at}.${key}.${i}`)
      return run ? [{ name: step.name, run, ...(check && { check }), files: step.verify?.files ?? [] }] : []
    })
  const tasks = Object.entries(component.tasks).map(([name, list]) => {
    const known = list.map((c) => words(c, `${at}.tasks.${name}`)).filter((c): c is string[] => c !== undefined)
    return [name, known] as const
  })
  return {
    component,
    root,
    folder: context.folder(component),
    base: baseImages(context.runtimes(component)),
    workdir,
    ...(component.port !== undefined ? { port: component.port } : component.type === 'web' && { port: 8080 }),
    ...(command && { command }),
    variables,
    groups: (app.groups ?? []).filter((g) => g.names.every((n) => names.has(n))),
    ...needed,
    release: steps(component.releaseSteps, 'release'),
    bootstrap: steps(component.bootstrap ?? [], 'bootstrap'),
    tasks: Object.fromEntries(tasks),
    mounts,
    unsaid,
  }
}

/** In a container the world comes from outside of the loopback: a command that binds to it is reached by nobody. */
function open(value: Value): Value {
  if (value.type === 'join') {
    const [first, ...rest] = value.parts
    return first ? { ...value, parts: [open(first), ...rest] } : value
  }
  if (value.type !== 'text') return value
  return { ...value, text: value.text.replace(/(^|=)(127\.0\.0\.1|localhost)(:|$)/, '$10.0.0.0$3') }
}

/** Whether a command of the manifest names the loopback as the address that it listens on. */
export function bindsLoopback(component: Component): boolean {
  return JSON.stringify(component.command ?? []) !== JSON.stringify((component.command ?? []).map(open))
}

function planVariable(entry: EnvEntry, facts: ShellFacts, options: PlanOptions): ImageVariable {
  const { default: value } = entry
  const own = options.variable?.(entry) ?? (value && options.word && shellWord(value, { ...facts, has: () => false }))
  // What the platform calls as the app does needs nothing but to be there.
  if (own === `"\${${entry.name}}"`) return { entry, from: { type: 'given' }, isRequired: true }
  if (own !== undefined && fixedOrNothing(value, facts) === undefined)
    return { entry, from: { type: 'composed', word: own }, isRequired: false }
  if (value === undefined || entry.isSecret)
    return { entry, from: { type: 'given' }, isRequired: entry.isRequired || value !== undefined || entry.generate !== undefined }
  const text = fixedText(value, facts)
  // An image's own values have one line each.
  if (text !== undefined && !text.includes('\n')) return { entry, from: { type: 'fixed', text }, isRequired: false }
  const word = shellWord(value, facts)
  if (word !== undefined) return { entry, from: { type: 'composed', word }, isRequired: false }
  return { entry, from: { type: 'given' }, isRequired: true }
}

const fixedOrNothing = (value: Value | undefined, facts: ShellFacts) => (value ? fixedText(value, facts) : undefined)

/** By the variables that hold the addresses of what the component needs. */
function waitsOf(app: App, component: Component, entries: EnvEntry[]): Pick<ImagePlan, 'waits' | 'lock'> {
  const waits: string[] = []
  let lock: string | undefined
  for (const need of component.needs) {
    const resource = app.resources.find((r) => r.name === need)
    const whole = entries.find((e) => e.default?.type === 'output' && e.default.resource === need && e.default.field === 'url')
    const part = (field: string) =>
      entries.find((e) => e.default?.type === 'output' && e.default.resource === need && e.default.field === field)?.name
    const [host, port] = [part('host'), part('port')]
    const own = entries.find(
      (e) =>
        e.default &&
        valuesIn(e.default).some(
          (v) => v.type === 'address' && v.component === need && (v.part === 'url' || v.part === 'hostport'),
        ),
    )
    if (whole) waits.push(whole.name)
    else if (host && port) waits.push(`${host}:${port}`)
    else if (own) waits.push(own.name)
    if (resource?.type === 'postgres' && whole) lock ??= whole.name
  }
  return { waits, ...(lock !== undefined && { lock }) }
}
