import { nearest } from '../lib/nearest.ts'
import { show, showBare } from '../lib/show.ts'
import type { Value } from '../model/value.ts'
import { FACTS } from './names.ts'
import type { Path } from './places.ts'
import { reportUnknown } from './resolve-names.ts'
import { parseTemplate } from './template.ts'
import type { World } from './world.ts'

/** Where a reference stands decides what may be known there. */
export type Use =
  /** A variable of instances. */
  | 'run'
  /** A variable of the build: part of the artifact, the same for every instance. */
  | 'build'
  /** An argument of an instance's command. */
  | 'argument'
  /** An argument of a command that runs to its end, where there is no PORT. */
  | 'once'

/** Finds a variable of the contract as seen from where the reference stands. */
export type FindVariable = (name: string) => { value: Value; isSecret: boolean } | undefined

const COMPONENT_PARTS = ['url', 'host', 'address', 'addressHost', 'port'] as const
const ROUTE_PARTS = ['url', 'hosts', 'origins', 'cookieDomain'] as const
/** Outputs of resources that are no secret, whatever the type. */
const OPEN_FIELDS = new Set(
  'host port database name user path version bucket region endpoint publicUrl kind poolSize from'.split(' '),
)

/** A text with references as a value. Problems become findings, and the value a text that stands for nothing. */
export function expand(world: World, at: Path, text: string, use: Use, find: FindVariable): Value {
  const template = parseTemplate(text)
  if ('problem' in template) {
    world.remarks.error('E_REFERENCE', at, template.problem, template.hint)
    return { type: 'text', text: '' }
  }
  const parts = template.parts.map((part) => (part.type === 'text' ? part : resolveReference(world, at, part.name, use, find)))
  const [only] = parts
  return parts.length === 1 && only ? only : { type: 'join', parts }
}

/** `db.url`, `PORT`, `SESSION_SECRET`: one reference, as it stands in `${…}` or behind `from:`. */
export function resolveReference(world: World, at: Path, name: string, use: Use, find: FindVariable): Value {
  const [owner = '', field] = name.split('.')
  const value = field === undefined ? resolveWord(world, at, name, use, find) : resolveField(world, at, owner, field)
  if (!value) return { type: 'text', text: '' }
  if (use === 'build' && isOnlyKnownLater(value)) {
    const hint = 'leave it to the run: the same artifact serves every instance'
    world.remarks.error('E_REFERENCE', at, `${show(name)} is not known while building`, hint)
  }
  if ((use === 'argument' || use === 'once') && holdsSecret(value)) {
    const hint = 'arguments are seen by every user of the machine; let the program read it from its environment'
    world.remarks.error('E_SECRET_IN_ARGUMENT', at, `${show(name)} holds a secret, and stands in an argument`, hint)
  }
  return value
}

function resolveWord(world: World, at: Path, name: string, use: Use, find: FindVariable): Value | undefined {
  if (name === 'PORT') {
    if (use === 'once') {
      world.remarks.error('E_REFERENCE', at, 'only instances have a PORT, and this command is none', 'leave it out')
    }
    return { type: 'instance', field: 'port' }
  }
  const fact = FACTS.find((f) => f === name)
  if (fact === 'version' && use === 'build') return { type: 'text', text: versionText(world, at) }
  if (fact) return { type: 'instance', field: fact }
  const variable = find(name)
  if (variable) return variable.value
  const known = [...Object.keys(world.manifest.env ?? {}), 'PORT', ...FACTS]
  const close = nearest(name, known)
  const hint = close ? `did you mean \`\${${close}}\`?` : `declare it under env: ${showBare(name)}: { required: true }`
  world.remarks.error('E_SECRET_MISSING', at, `no variable ${show(name)} is declared here`, hint)
  return undefined
}

function resolveField(world: World, at: Path, owner: string, field: string): Value | undefined {
  if (owner === 'routes') {
    const part = ROUTE_PARTS.find((p) => p === field)
    if (!part) reportField(world, at, owner, field, ROUTE_PARTS)
    return part && { type: 'route', part }
  }
  const type = world.resources.get(owner)
  if (type === 'volume') {
    if (field !== 'path') reportField(world, at, owner, field, ['path'])
    return { type: 'volume', volume: owner }
  }
  if (type !== undefined) {
    const fields = world.outputs(type) ?? []
    if (!fields.includes(field)) reportField(world, at, owner, field, fields)
    return { type: 'output', resource: owner, field }
  }
  const component = world.components.get(owner)
  if (component) return componentField(world, at, owner, component.type, field)
  const names = [...world.resources.keys(), ...world.components.keys(), 'routes']
  reportUnknown(world, at, owner, names, 'resource or component')
  return undefined
}

function componentField(world: World, at: Path, owner: string, type: string, field: string): Value | undefined {
  const part = COMPONENT_PARTS.find((p) => p === field)
  if (!part) {
    reportField(world, at, owner, field, COMPONENT_PARTS)
    return undefined
  }
  if (part === 'url' || part === 'host') {
    if (!world.routes.some((route) => route.to === owner)) {
      world.remarks.error(
        'E_UNKNOWN_REF',
        at,
        `${show(owner)} has no route, so the world has no name for it`,
        `add one: { host: …, to: ${owner} }`,
      )
    }
    return { type: 'route', component: owner, part }
  }
  if (type !== 'web') {
    const hint = 'only a web component has an address of its own'
    world.remarks.error('E_UNKNOWN_REF', at, `${show(owner)} is of type ${type}, which nothing can connect to`, hint)
  }
  const parts = { address: 'hostport', addressHost: 'host', port: 'port' } as const
  return { type: 'address', component: owner, part: parts[part] }
}

function reportField(world: World, at: Path, owner: string, field: string, known: readonly string[]): void {
  const close = nearest(field, known)
  const hint = close ? `did you mean \`${owner}.${close}\`?` : `there are: ${known.map((k) => `${owner}.${k}`).join(', ')}`
  world.remarks.error('E_UNKNOWN_REF', at, `${show(owner)} gives no ${show(field)}`, hint)
}

/** For a build the version is part of the artifact; instances are told theirs. */
function versionText(world: World, at: Path): string {
  if (world.manifest.version === undefined) {
    world.remarks.error(
      'E_REFERENCE',
      at,
      'this app has no version',
      'add `version: 1.0.0` or `version: { file: VERSION }` at the top',
    )
  }
  return world.version ?? ''
}

function isOnlyKnownLater(value: Value): boolean {
  return value.type === 'instance' || value.type === 'address' || value.type === 'volume' || value.type === 'output'
}

export function holdsSecret(value: Value): boolean {
  if (value.type === 'stored') return value.secret
  if (value.type === 'output') return !OPEN_FIELDS.has(value.field)
  return value.type === 'join' && value.parts.some(holdsSecret)
}

/** All values inside a value, itself among them. */
export function partsOf(value: Value): Value[] {
  return value.type === 'join' ? [value, ...value.parts.flatMap(partsOf)] : [value]
}
