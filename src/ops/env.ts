import { innerValues } from '../lib/inner-values.ts'
import { nearest } from '../lib/nearest.ts'
import type { App, EnvEntry } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { Scope } from '../model/plan.ts'
import type { Value } from '../model/value.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import type { StoredEntry } from '../store/stored.ts'
import type { EnvRow, OpAnswers, OpInput } from './contract.ts'
import { environmentFlag, misfits, type Values } from './contract-check.ts'
import { insecureFindings } from './env-insecure.ts'
import { expandIn } from './expand.ts'
import { firstError, located, readManifest, type Where } from './read-manifest.ts'
import { routeText } from './value.ts'
import type { Setting } from './world.ts'

/** Every variable of the contract with where its value comes from; values of secrets are never told. */
export async function envList(setting: Setting, input: OpInput<'env-list'>): Promise<OpAnswers['env-list']> {
  const { app, scope } = await contractOf(input)
  const { stored, keys } = setting.store
  const entries = new Map(stored.list(scope).map((e) => [e.name, e]))
  // Without the key nothing can be read; what there is can still be said.
  const canRead = keys.problem() === undefined
  const rows = app.contract.map((entry): EnvRow => {
    const own = entries.get(entry.name)
    const isOpen = canRead && !entry.isSecret
    const value = !isOpen
      ? undefined
      : own
        ? stored.get(scope, entry.name)
        : isText(entry.default)
          ? entry.default.text
          : undefined
    return {
      name: entry.name,
      isSecret: entry.isSecret,
      isRequired: entry.isRequired,
      source: sourceOf(entry, own),
      ...(value !== undefined && { value }),
      ...(own && { version: own.version }),
      components: entry.components,
      ...(entry.about && { about: entry.about }),
      ...(entry.onRotate && { onRotate: entry.onRotate }),
    }
  })
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function sourceOf(entry: EnvEntry, own: StoredEntry | undefined): EnvRow['source'] {
  if (own) return own.source
  if (entry.isKeptOut) return 'kept-out'
  if (entry.default) return isText(entry.default) ? 'default' : 'resource'
  return entry.generate ? 'generated' : (entry.source?.type ?? 'missing')
}

/** All or none: a value that breaks its rule keeps the others out too. */
export async function envSet(setting: Setting, input: OpInput<'env-set'>): Promise<OpAnswers['env-set']> {
  const read = await contractOf(input)
  const values: Values = new Map(input.values.map((v) => [v.name, { value: v.value }]))
  const problems = [...refused(read.app, values), ...misfits(read.app.contract, values)]
  if (problems.length > 0) throw firstError(located(problems, read.locate))
  return store(setting, read, values)
}

/** Of a file: every bad line is told, and then none of it is stored. */
export async function envImport(setting: Setting, input: OpInput<'env-import'>): Promise<OpAnswers['env-import']> {
  const read = await contractOf(input)
  const known = new Set(read.app.contract.map((e) => e.name))
  const skipped = input.skipsUnknown ? input.values.filter((v) => !known.has(v.name)).map((v) => v.name) : []
  const wanted = input.values.filter((v) => !skipped.includes(v.name))
  const values: Values = new Map(wanted.map((v) => [v.name, { value: v.value, at: v.at }]))
  const problems = [...refused(read.app, values), ...misfits(read.app.contract, values)]
  if (problems.length > 0 || input.isTrial) return { set: [], skipped, next: [], rebuild: [], findings: problems }
  return { ...(await store(setting, read, values)), skipped }
}

async function store(setting: Setting, read: Read, values: Values): Promise<OpAnswers['env-set']> {
  const { app, scope } = read
  const { stored, keys } = setting.store
  keys.refuseWithout()
  const byName = new Map(app.contract.map((e) => [e.name, e]))
  const before = new Map(stored.list(scope).map((e) => [e.name, e.version]))
  const rows = [...values].map(([name, { value }]) => ({
    name,
    value,
    isSecret: byName.get(name)!.isSecret,
    source: 'set' as const,
  }))
  const versions = stored.setAll(scope, rows, Date.now())
  const changed = rows.flatMap(({ name }, i) => (versions[i] === before.get(name) ? [] : [name]))
  const open = await insecureFindings(app, values, (v) => routeText(v, scope, app.routes, setting.edge))
  // What the manifest says beside it is for `check`; here it is about what was set.
  const findings = located(open, read.locate).filter((f) => [...values.keys()].some((name) => f.message.startsWith(`${name} `)))
  return { set: [...values.keys()], next: nextFor(scope), rebuild: rebuilt(setting, app, scope, changed), findings }
}

export async function envUnset(setting: Setting, input: OpInput<'env-unset'>): Promise<OpAnswers['env-unset']> {
  const { app, scope } = await contractOf(input)
  const { stored } = setting.store
  const set = stored.list(scope).map((e) => e.name)
  const known = new Set([...app.contract.map((e) => e.name), ...set])
  const problems = input.names.filter((n) => !known.has(n)).map((n) => unknown(n, app))
  if (problems.length > 0) throw firstError(problems)
  for (const name of input.names) stored.unset(scope, name, Date.now())
  const changed = input.names.filter((n) => set.includes(n))
  return { unset: input.names, next: nextFor(scope), rebuild: rebuilt(setting, app, scope, changed) }
}

interface Read {
  app: App
  scope: Scope
  findings: Finding[]
  locate(path: string): string
}

/** The app's contract with that of its resources, from the manifest alone. */
export async function contractOf(where: Where): Promise<Read> {
  const { app, findings, locate } = await readManifest(where)
  if (!app) throw firstError(findings)
  const expanded = expandIn(where.folder, app, resourceTypes)
  return {
    app: expanded.app,
    scope: { app: app.name, environment: app.environment.name },
    findings: [...findings, ...located(expanded.findings, locate)],
    locate,
  }
}

/** Names that nobody declared, and those whose value somebody else keeps. */
function refused(app: App, values: Values): Finding[] {
  const byName = new Map(app.contract.map((e) => [e.name, e]))
  return [...values].flatMap(([name, { at }]): Finding[] => {
    const entry = byName.get(name)
    if (!entry) return [{ ...unknown(name, app), ...(at && { at }) }]
    if (!entry.source) return []
    const message = `${name} comes from a ${entry.source.type} at each \`up\`, which would take the place of what is set here`
    const hint = 'change it there, or take `source` out of the manifest'
    return [{ level: 'error', code: 'E_ENV_SOURCE', at: at ?? entry.at, message, hint }]
  })
}

function unknown(name: string, app: App): Finding {
  const near = nearest(
    name,
    app.contract.map((e) => e.name),
  )
  const hint = near ? `did you mean \`${near}\`?` : 'add it under `env:` in the manifest first'
  return { level: 'error', code: 'E_ENV_UNKNOWN', at: `env.${name}`, message: `the manifest does not know ${name}`, hint }
}

/** Components that serve, and have one of these values in their artifact. */
function rebuilt(setting: Setting, app: App, scope: Scope, names: string[]): string[] {
  const { serving } = setting.store.releases.serving(scope).outcome
  const changed = new Set(names)
  const defaults = new Map(app.contract.map((e) => [e.name, e.default]))
  const uses = (value: Value, seen: Set<string>): boolean => {
    if (value.type !== 'stored') return innerValues(value).some((v) => uses(v, seen))
    if (changed.has(value.name)) return true
    const behind = seen.has(value.name) ? undefined : defaults.get(value.name)
    return behind !== undefined && uses(behind, seen.add(value.name))
  }
  return app.components
    .filter((c) => serving[c.name] && Object.values(c.build.env).some((v) => uses(v, new Set())))
    .map((c) => c.name)
}

function nextFor(scope: Scope): string[] {
  return [`landfall up${environmentFlag(scope)}`]
}

function isText(value: Value | undefined): value is Extract<Value, { type: 'text' }> {
  return value?.type === 'text'
}
