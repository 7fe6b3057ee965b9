import { nearest } from '../lib/nearest.ts'
import type { App, EnvEntry } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { Value } from '../model/value.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import type { EnvRow, OpAnswers, OpInput } from './contract.ts'
import { misfit } from './contract-check.ts'
import { expandIn } from './expand.ts'
import { firstError, readManifest } from './read-manifest.ts'
import type { Setting } from './world.ts'

/** Every variable of the contract with where its value comes from; values of secrets are never told. */
export async function envList(setting: Setting, input: OpInput<'env-list'>): Promise<OpAnswers['env-list']> {
  const { app, scope } = await contractOf(input)
  const stored = new Map(setting.store.stored.list(scope).map((e) => [e.name, e]))
  const rows = app.contract.map((entry): EnvRow => {
    const own = stored.get(entry.name)
    const source = own?.source ?? (entry.default ? (isText(entry.default) ? 'default' : 'resource') : 'missing')
    const value = entry.isSecret
      ? undefined
      : own
        ? setting.store.stored.get(scope, entry.name)
        : isText(entry.default)
          ? entry.default.text
          : undefined
    return {
      name: entry.name,
      isSecret: entry.isSecret,
      isRequired: entry.isRequired,
      source: source === 'missing' && entry.generate ? 'generated' : source,
      ...(value !== undefined && { value }),
      ...(own && { version: own.version }),
      components: entry.components,
      ...(entry.about && { about: entry.about }),
      ...(entry.onRotate && { onRotate: entry.onRotate }),
    }
  })
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** All or none: a value that breaks its rule keeps the others out too. */
export async function envSet(setting: Setting, input: OpInput<'env-set'>): Promise<OpAnswers['env-set']> {
  const { app, scope, findings } = await contractOf(input)
  const byName = new Map(app.contract.map((e) => [e.name, e]))
  const problems: Finding[] = []
  for (const { name, value } of input.values) {
    const entry = byName.get(name)
    if (!entry) problems.push(unknown(name, app))
    const why = entry && misfit(entry, value)
    if (why) problems.push({ level: 'error', code: 'E_ENV_VALUE', at: entry.at, message: `${name} ${why}` })
  }
  if (problems.length > 0) throw firstError(problems)
  for (const { name, value } of input.values) {
    setting.store.stored.set(scope, name, value, { isSecret: byName.get(name)!.isSecret, source: 'set' }, Date.now())
  }
  return { set: input.values.map((v) => v.name), next: nextFor(input), findings }
}

export async function envUnset(setting: Setting, input: OpInput<'env-unset'>): Promise<OpAnswers['env-unset']> {
  const { app, scope } = await contractOf(input)
  const known = new Set([...app.contract.map((e) => e.name), ...setting.store.stored.list(scope).map((e) => e.name)])
  const problems = input.names.filter((n) => !known.has(n)).map((n) => unknown(n, app))
  if (problems.length > 0) throw firstError(problems)
  for (const name of input.names) setting.store.stored.unset(scope, name, Date.now())
  return { unset: input.names, next: nextFor(input) }
}

async function contractOf(input: OpInput<'env-list'>) {
  const { app, findings } = await readManifest(input)
  if (!app) throw firstError(findings)
  const expanded = expandIn(input.folder, app, resourceTypes)
  return {
    app: expanded.app,
    scope: { app: app.name, environment: app.environment.name },
    findings: [...findings, ...expanded.findings],
  }
}

function unknown(name: string, app: App): Finding {
  const near = nearest(
    name,
    app.contract.map((e: EnvEntry) => e.name),
  )
  const hint = near ? `did you mean \`${near}\`?` : 'add it under `env:` in the manifest first'
  return { level: 'error', code: 'E_ENV_UNKNOWN', at: `env.${name}`, message: `the manifest does not know ${name}`, hint }
}

function nextFor(input: { environment: string }): string[] {
  return [`landfall up${input.environment === 'local' ? '' : ` --env ${input.environment}`}`]
}

function isText(value: Value | undefined): value is Extract<Value, { type: 'text' }> {
  return value?.type === 'text'
}
