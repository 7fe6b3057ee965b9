import type { Component, EnvEntry } from '../model/app.ts'
import { TYPE_PATTERNS } from './check-variable.ts'
import { type Path, pathText } from './places.ts'
import { behind } from './resolve-component.ts'
import type { Contract, ResolvedVariable } from './resolve-env.ts'
import { resourceOptions } from './resolve-resources.ts'
import { GENERATE } from './schema-env.ts'
import type { World } from './world.ts'

/** The contract as the rest of Landfall sees it: each variable with the components that get it. */
export function makeContract(world: World, contract: Contract, components: Component[]): EnvEntry[] {
  checkTwins(world, contract)
  const entries = contract.variables.map((variable) => {
    const entry = entryOf(variable, components, contract)
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
  return [...entries, ...resourceEntries(world, contract)]
}

function entryOf(variable: ResolvedVariable, components: Component[], contract: Contract): EnvEntry {
  const { name, options, path, value, isSecret, when } = variable
  const isMade = value !== undefined || options.generate !== undefined
  const pattern = options.pattern ?? (options.type && TYPE_PATTERNS[options.type])
  const gets = (c: Component) =>
    contract.find(c.name, name) === variable && (Object.hasOwn(c.env, name) || Object.hasOwn(c.build.env, name))
  return {
    name,
    components: components.filter(gets).map((c) => c.name),
    isRequired: options.required ?? !isMade,
    isSecret,
    ...(value && { default: value }),
    ...(options.generate !== undefined && { generate: parseGenerate(options.generate) }),
    ...(options.minLength !== undefined && { minLength: options.minLength }),
    ...(pattern !== undefined && { pattern }),
    ...(options.about !== undefined && { about: options.about }),
    ...(options.onRotate !== undefined && { onRotate: options.onRotate }),
    ...(options.as && { as: { ...options.as } }),
    when,
    at: pathText(path),
  }
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
    if (!twin || (twin.isSecret === variable.isSecret && twin.options.generate === variable.options.generate)) continue
    const message = `${variable.name} is declared at ${world.places.at(twin.path, 'key')} too, with other words on secret or generate`
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
