import type { App, EnvEntry } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { Scope } from '../model/plan.ts'
import { storedNames } from '../plan/digest.ts'
import type { Stored } from '../store/stored.ts'
import { generateValue } from './generate.ts'

/** What is missing or does not fit, all of it at once, before anything is built. */
export function contractFindings(app: App, scope: Scope, stored: Stored): Finding[] {
  const set = new Map(stored.list(scope).map((e) => [e.name, e]))
  const declared = new Set(app.contract.map((e) => e.name))
  const undeclared = [...new Set(app.components.flatMap(storedNames))].filter((n) => !declared.has(n) && !set.has(n)).sort()
  const unknown = undeclared.map((name): Finding => {
    const message = `${name} is used, but \`env:\` does not declare it and nobody set it`
    return {
      level: 'error',
      code: 'E_SECRET_MISSING',
      at: 'env',
      message,
      hint: `add \`${name}: { required: true, secret: true }\` under \`env:\``,
    }
  })
  const wrong = app.contract.flatMap((entry) => {
    if (!set.has(entry.name)) return isMissing(entry) ? [missing(entry, scope)] : []
    const why = misfit(entry, stored.get(scope, entry.name) ?? '')
    return why
      ? [
          {
            level: 'error' as const,
            code: 'E_ENV_VALUE',
            at: entry.at,
            message: `${entry.name} ${why}`,
            hint: `landfall env set ${entry.name}`,
          },
        ]
      : []
  })
  return [...unknown, ...wrong]
}

/** Why a value breaks the entry's rules; the value itself is never told. */
export function misfit(entry: EnvEntry, value: string): string | undefined {
  if (value.includes('\0')) return 'holds a NUL character'
  if (entry.isRequired && value === '') return 'is empty'
  if (entry.minLength !== undefined && value.length < entry.minLength)
    return `has ${value.length} characters, at least ${entry.minLength} are needed`
  if (entry.pattern !== undefined && !new RegExp(`^(?:${entry.pattern})$`, 'u').test(value))
    return `does not match ${entry.pattern}`
  return undefined
}

/** Makes what is to be generated and is not there yet. */
export function generateMissing(app: App, scope: Scope, stored: Stored, at: number): void {
  const set = new Set(stored.list(scope).map((e) => e.name))
  for (const entry of app.contract) {
    if (!entry.generate || set.has(entry.name)) continue
    stored.set(scope, entry.name, generateValue(entry.generate), { isSecret: entry.isSecret, source: 'generated' }, at)
  }
}

/** Versions as they will be once what is missing has been generated. */
export function storedVersions(app: App, scope: Scope, stored: Stored): Record<string, number> {
  const versions = Object.fromEntries(stored.list(scope).map((e) => [e.name, e.version]))
  for (const entry of app.contract) {
    if (entry.generate) versions[entry.name] ??= stored.nextVersion(scope, entry.name)
  }
  return versions
}

function isMissing(entry: EnvEntry): boolean {
  return entry.isRequired && !entry.default && !entry.generate
}

function missing(entry: EnvEntry, scope: Scope): Finding {
  const about = entry.about ? ` (${entry.about})` : ''
  const environment = scope.environment === 'local' ? '' : ` --env ${scope.environment}`
  return {
    level: 'error',
    code: 'E_ENV_MISSING',
    at: entry.at,
    message: `${entry.name}${about} is required and has no value in ${scope.environment}`,
    hint: `landfall env set ${entry.name}${entry.isSecret ? '' : '=…'}${environment}`,
  }
}
