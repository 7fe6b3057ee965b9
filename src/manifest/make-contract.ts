import type { Component, EnvEntry, EnvGroup } from '../model/app.ts'
import { type EnvOptions, placesOf } from './declare-variables.ts'
import { type Path, pathText } from './places.ts'
import { behind } from './resolve-component.ts'
import { fileOf, sourceOf } from './resolve-delivery.ts'
import type { Contract, ResolvedVariable } from './resolve-env.ts'
import { relaxGrouped } from './resolve-groups.ts'
import { resourceOptions } from './resolve-resources.ts'
import { GENERATE, kindOf } from './schema-env.ts'
import type { World } from './world.ts'

/** The contract as the rest of Landfall sees it: each variable with the components that get it. */
export function makeContract(world: World, contract: Contract, components: Component[], groups: EnvGroup[]): EnvEntry[] {
  checkTwins(world, contract)
  const entries = contract.variables.map((variable) => {
    const entry = entryOf(world, variable, components, contract)
    if (
      entry.components.length === 0 &&
      variable.value &&
      behind(contract, undefined, [variable.value]).some((v) => v.type === 'volume')
    ) {
      const hint = 'mount it where it is needed: mounts: [<volume>]'
      world.remarks.error('E_UNKNOWN_REF', variable.path, `no component mounts the volume that ${variable.name} names`, hint)
    }
    return entry
  })
  const isSaid = (entry: EnvEntry) => contract.variables.some((v) => v.name === entry.name && v.options.required === true)
  return relaxGrouped([...entries, ...resourceEntries(world, contract), ...backupEntries(world, contract)], groups, isSaid)
}

function entryOf(world: World, variable: ResolvedVariable, components: Component[], contract: Contract): EnvEntry {
  const { name, options, path, value, isSecret, when } = variable
  const isMade = value !== undefined || options.generate !== undefined || options.requiredIf !== undefined
  const type = options.type === undefined ? undefined : kindOf(options.type)
  const only = placesOf(options.only)
  const forbidden = placesOf(options.forbidden)
  const file = fileOf(variable)
  const source = sourceOf(world, variable)
  const reaches = (c: Component) => Object.hasOwn(c.env, name) || Object.hasOwn(c.build.env, name)
  // Where it is kept out nobody has it; on a target that it is for, these would.
  const would = (c: Component) => c.type !== 'static' && (variable.component === undefined || variable.component === c.name)
  const gets = (c: Component) => contract.find(c.name, name) === variable && (variable.isKeptOut ? would(c) : reaches(c))
  return {
    name,
    components: components.filter(gets).map((c) => c.name),
    isRequired: !variable.isKeptOut && (options.required ?? !isMade),
    isSecret,
    ...(value && { default: value }),
    ...(options.generate !== undefined && { generate: parseGenerate(options.generate) }),
    ...(options.minLength !== undefined && { minLength: options.minLength }),
    ...(options.pattern !== undefined && { pattern: options.pattern }),
    ...(type !== undefined && type !== 'text' && { type }),
    ...(options.values && { values: options.values.map(String) }),
    ...(options.public && { isPublic: true }),
    ...(only && { only }),
    ...(forbidden && { forbidden }),
    ...(variable.isKeptOut && { isKeptOut: true }),
    ...(options.requiredIf !== undefined && { requiredIf: conditionOf(options.requiredIf) }),
    ...(file !== undefined && { delivery: { type: 'file' as const, name: file } }),
    ...(source && { source }),
    ...(options.about !== undefined && { about: options.about }),
    ...(options.onRotate !== undefined && { onRotate: options.onRotate }),
    ...(options.as && { as: { ...options.as } }),
    when,
    at: pathText(path),
  }
}

function conditionOf(condition: NonNullable<EnvOptions['requiredIf']>): NonNullable<EnvEntry['requiredIf']> {
  if (typeof condition === 'string') return { name: condition }
  const [[name, value] = ['', '']] = Object.entries(condition)
  return { name, value: String(value) }
}

function parseGenerate(text: string): NonNullable<EnvEntry['generate']> {
  const [, kind, length] = GENERATE.exec(text) ?? []
  if (kind === 'hex' || kind === 'base64' || kind === 'password') return { kind, length: Number(length) }
  return { kind: 'uuid', length: 36 }
}

/** What is stored under a name is one value, so that two declarations of it must agree on what it is. */
function checkTwins(world: World, contract: Contract): void {
  const first = new Map<string, ResolvedVariable>()
  for (const variable of contract.variables) {
    const twin = first.get(variable.name)
    first.set(variable.name, twin ?? variable)
    const source = (v: ResolvedVariable) => JSON.stringify([v.options.generate, v.options.source])
    if (!twin || (twin.isSecret === variable.isSecret && source(twin) === source(variable))) continue
    const message = `${variable.name} is declared at ${world.places.at(twin.path, 'key')} too, with other words on secret, generate or source`
    world.remarks.key('E_DUPLICATE', variable.path, message, 'what is set under a name is one value: let both say the same')
  }
}

/** Resources may name a variable with the address of a server that is not ours: `url: { env: DATABASE_URL }`. */
function resourceEntries(world: World, contract: Contract): EnvEntry[] {
  const entries: EnvEntry[] = []
  for (const name of world.resources.keys()) {
    const at: Path = ['resources', name, 'url', 'env']
    const { url } = resourceOptions(world, name)
    const variable = typeof url === 'object' && url !== null && 'env' in url && typeof url.env === 'string' ? url.env : undefined
    if (variable === undefined) continue
    const declared = contract.find(undefined, variable)
    if (!declared) {
      entries.push({
        name: variable,
        components: [],
        isRequired: true,
        isSecret: true,
        about: `address of ${name}`,
        when: 'run',
        at: pathText(at),
      })
    } else if (
      behind(contract, undefined, declared.value ? [declared.value] : []).some((v) => v.type === 'output' && v.resource === name)
    ) {
      world.remarks.error(
        'E_CYCLE',
        at,
        `goes round in a circle: ${name} → ${variable} → ${name}`,
        'give the variable with the address another name',
      )
    }
  }
  return entries
}

/** The keys of a bucket that backups go to: no component has them, so that whoever takes an app over cannot delete its backups. */
function backupEntries({ manifest }: World, contract: Contract): EnvEntry[] {
  const to = manifest.backup?.to
  if (typeof to !== 'object') return []
  const keys = (['accessKey', 'secretKey'] as const).filter((key) => !contract.variables.some((v) => v.name === to[key]))
  return keys.map((key) => ({
    name: to[key],
    components: [],
    isRequired: false,
    isSecret: key === 'secretKey',
    about: `${key} of the bucket that backups go to`,
    when: 'run',
    at: pathText(['backup', 'to', key]),
  }))
}
