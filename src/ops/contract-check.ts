import { whyNotOfKind } from '../lib/env/fits-kind.ts'
import type { Match } from '../lib/env/match-patterns.ts'
import { matchPatterns } from '../lib/env/match-patterns.ts'
import { isPlaceholder } from '../lib/env/placeholder.ts'
import { show } from '../lib/show.ts'
import { isSecretName } from '../manifest/secret-words.ts'
import type { App, EnvEntry, EnvGroup } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { Scope } from '../model/plan.ts'
import { storedNames } from '../plan/digest.ts'
import type { Stored } from '../store/stored.ts'
import { generateValue } from './generate.ts'

/** Values that somebody set, by name; `at` where one of them stands in a file. */
export type Values = Map<string, { value: string; at?: string }>

export function storedValues(scope: Scope, stored: Stored): Values {
  return new Map([...stored.all(scope)].map(([name, value]) => [name, { value }]))
}

/** What is missing or does not fit, all of it at once, before anything is built. Pure. */
export function valueFindings(app: App, scope: Scope, values: Values): Finding[] {
  return [
    ...undeclared(app, values),
    ...misfits(app.contract, values),
    ...app.contract.flatMap((entry) => (values.has(entry.name) ? [] : missing(app, entry, scope, values))),
    ...(app.groups ?? []).flatMap((group) => groupFindings(app, group, scope, values)),
  ]
}

function undeclared(app: App, values: Values): Finding[] {
  const declared = new Set(app.contract.map((e) => e.name))
  const names = [...new Set(app.components.flatMap(storedNames))].filter((n) => !declared.has(n) && !values.has(n)).sort()
  return names.map((name) => ({
    level: 'error',
    code: 'E_SECRET_MISSING',
    at: 'env',
    message: `${name} is used, but \`env:\` does not declare it and nobody set it`,
    hint: `add \`${name}: { required: true, secret: true }\` under \`env:\``,
  }))
}

/** Values that break a rule of theirs. All patterns are tried in one go, so that a thousand take no longer than a few. */
export function misfits(contract: EnvEntry[], values: Values): Finding[] {
  const found: Finding[] = []
  const put = (entry: EnvEntry, why: string, code = 'E_ENV_VALUE', command = 'set') => {
    const inFile = values.get(entry.name)?.at
    // What stands in a file is changed there.
    const hint = inFile === undefined ? { hint: `landfall env ${command} ${entry.name}` } : {}
    found.push({ level: 'error', code, at: inFile ?? entry.at, message: `${entry.name} ${why}`, ...hint })
  }
  const matches: (Match & { entry: EnvEntry })[] = []
  for (const entry of contract) {
    const value = values.get(entry.name)?.value
    if (value === undefined) continue
    const why = plainMisfit(entry, value)
    if (entry.isKeptOut) put(entry, keptOut(entry), 'E_ENV_FORBIDDEN', 'unset')
    else if (isLeftover(entry, value)) put(entry, LEFTOVER, 'E_PLACEHOLDER')
    else if (why) put(entry, why)
    else if (entry.pattern !== undefined && value !== '') matches.push({ entry, pattern: entry.pattern, text: value })
  }
  matchPatterns(matches).forEach((matched, i) => {
    const match = matches[i]
    const why = match && mismatch(match.pattern, matched)
    if (why) put(match.entry, why)
  })
  return found
}

/** Why a value breaks the entry's rules; the value itself is never told. */
export function misfit(entry: EnvEntry, value: string): string | undefined {
  const [finding] = misfits([entry], new Map([[entry.name, { value }]]))
  return finding?.message.slice(entry.name.length + 1)
}

/** The kernel takes 128 KiB in one variable, its name included; a file may have more. */
const MOST_BYTES = { variable: 100 * 1024, file: 1024 * 1024 }

function plainMisfit(entry: EnvEntry, value: string): string | undefined {
  const most = MOST_BYTES[entry.delivery ? 'file' : 'variable']
  if (value.includes('\0')) return 'holds a NUL character'
  if (Buffer.byteLength(value) > most) {
    const hint = entry.delivery ? '' : '; with `delivery: file` it may have 1024'
    return `has more than ${most / 1024} KiB${hint}`
  }
  if (value === '') return entry.isRequired ? 'is empty' : undefined
  if (entry.minLength !== undefined && value.length < entry.minLength)
    return `has ${value.length} characters, at least ${entry.minLength} are needed`
  return entry.type && whyNotOfKind(value, entry.type, entry.values)
}

function mismatch(pattern: string, matched: 'yes' | 'no' | 'slow'): string | undefined {
  if (matched === 'yes') return undefined
  if (matched === 'no') return `does not match ${pattern}`
  return `was given up: its pattern ${show(pattern)} tries too many ways through a text`
}

const LEFTOVER = 'is a placeholder from a template, which everyone knows'

function isLeftover(entry: EnvEntry, value: string): boolean {
  return (entry.isSecret || entry.isRequired || isSecretName(entry.name)) && isPlaceholder(value)
}

function keptOut({ only, forbidden }: EnvEntry): string {
  if (only) return `is only for ${only.join(', ')}, and must not be set here`
  return `is forbidden here (${forbidden?.join(', ')}), and must not be set`
}

/** Makes what is to be generated and is not there yet. */
export function generateMissing(app: App, scope: Scope, stored: Stored, at: number): void {
  const set = new Set(stored.list(scope).map((e) => e.name))
  for (const entry of generated(app)) {
    if (set.has(entry.name)) continue
    stored.set(scope, entry.name, generateValue(entry.generate), { isSecret: entry.isSecret, source: 'generated' }, at)
    set.add(entry.name)
  }
}

/** Versions as they will be once what is missing was generated, and what sources gave was stored. */
export function storedVersions(app: App, scope: Scope, stored: Stored, given?: Values): Record<string, number> {
  const versions = Object.fromEntries(stored.list(scope).map((e) => [e.name, e.version]))
  for (const entry of generated(app)) versions[entry.name] ??= stored.nextVersion(scope, entry.name)
  for (const [name, { value }] of given ?? []) {
    const isNew = versions[name] === undefined || stored.get(scope, name) !== value
    if (isNew) versions[name] = stored.nextVersion(scope, name)
  }
  return versions
}

function generated(app: App): (EnvEntry & { generate: NonNullable<EnvEntry['generate']> })[] {
  return app.contract.flatMap((entry) => (entry.generate && !entry.isKeptOut ? [{ ...entry, generate: entry.generate }] : []))
}

/** Whether it has a value: set by somebody, or known to the manifest. */
function isSet(app: App, name: string, values: Values): boolean {
  if (values.get(name)?.value) return true
  return app.contract.some((e) => e.name === name && !e.isKeptOut && (e.default !== undefined || e.generate !== undefined))
}

function textOf(app: App, name: string, values: Values): string | undefined {
  const set = values.get(name)
  if (set) return set.value
  const entry = app.contract.find((e) => e.name === name && !e.isKeptOut)
  return entry?.default?.type === 'text' ? entry.default.text : undefined
}

function missing(app: App, entry: EnvEntry, scope: Scope, values: Values): Finding[] {
  if (entry.isKeptOut || entry.default || entry.generate) return []
  const because = entry.isRequired ? 'is required' : conditionHolds(app, entry, values)
  if (!because) return []
  const about = entry.about ? ` (${entry.about})` : ''
  return [
    {
      level: 'error',
      code: 'E_ENV_MISSING',
      at: entry.at,
      message: `${entry.name}${about} ${because} and has no value in ${scope.environment}`,
      hint: sourceHint(entry) ?? `landfall env set ${entry.name}${entry.isSecret ? '' : '=…'}${environmentFlag(scope)}`,
    },
  ]
}

function conditionHolds(app: App, { requiredIf }: EnvEntry, values: Values): string | undefined {
  if (!requiredIf) return undefined
  const { name, value } = requiredIf
  if (value === undefined) return isSet(app, name, values) ? `is required because ${name} is set,` : undefined
  return textOf(app, name, values) === value ? `is required because ${name} is ${show(value)},` : undefined
}

function sourceHint({ source }: EnvEntry): string | undefined {
  switch (source?.type) {
    case 'variable':
      return `set ${source.name} in the environment of whoever runs landfall`
    case 'file':
      return `it comes from ${source.path}, which the command line reads`
    case 'command':
      return `it comes from \`${source.command[0]}\`, which the command line runs`
    default:
      return undefined
  }
}

export function environmentFlag({ environment }: Scope): string {
  return environment === 'local' ? '' : ` --env ${environment}`
}

function groupFindings(app: App, group: EnvGroup, scope: Scope, values: Values): Finding[] {
  const isHere = (name: string) => app.contract.some((e) => e.name === name && !e.isKeptOut)
  const names = group.names.filter(isHere)
  if (names.length === 0) return []
  const set = names.filter((name) => isSet(app, name, values))
  const unset = names.filter((name) => !set.includes(name))
  const about = group.about ? ` (${group.about})` : ''
  const put = (message: string, hint: string): Finding[] => [
    { level: 'error', code: 'E_ENV_GROUP', at: group.at, message: `${group.name}${about}: ${message}`, hint },
  ]
  const flag = environmentFlag(scope)
  switch (group.rule) {
    case 'allOrNone':
      if (set.length === 0 || unset.length === 0) return []
      return put(
        `${list(set)} ${set.length === 1 ? 'is' : 'are'} set, and ${list(unset)} ${unset.length === 1 ? 'is' : 'are'} not: all or none`,
        `landfall env set ${unset[0]}${flag}, or take the others back: landfall env unset ${set.join(' ')}${flag}`,
      )
    case 'oneOf':
      if (set.length === 1) return []
      return set.length === 0
        ? put(`one of ${list(names)} is needed`, `landfall env set ${names[0]}${flag}`)
        : put(`${list(set)} are set, and only one of them may be`, `landfall env unset ${set[1]}${flag}`)
    case 'anyOf':
      return set.length > 0 ? [] : put(`at least one of ${list(names)} is needed`, `landfall env set ${names[0]}${flag}`)
  }
}

const list = (names: string[]) => names.join(', ')
