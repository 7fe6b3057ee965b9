import { show } from '../lib/show.ts'
import type { Value } from '../model/value.ts'
import { checkLiteral, checkOptions } from './check-variable.ts'
import { declareVariables, type Variable } from './declare-variables.ts'
import { expand, type FindVariable, holdsSecret, resolveReference, type Use } from './references.ts'
import type { World } from './world.ts'

export interface ResolvedVariable extends Variable {
  /** What it is where nobody set it. */
  value?: Value
  isSecret: boolean
}

/** The environment contract, each variable with the value that the manifest gives it. */
export interface Contract {
  variables: ResolvedVariable[]
  /** Variables as seen from a component, or from the top. */
  seenFrom(component: string | undefined): FindVariable
  find(component: string | undefined, name: string): ResolvedVariable | undefined
}

export function resolveEnv(world: World): Contract {
  const declared = declareVariables(world)
  const done = new Map<string, ResolvedVariable>()
  const open: string[] = []

  const key = (component: string | undefined, name: string) => `${component ?? ''}/${name}`
  const byKey = new Map(declared.map((v) => [key(v.component, v.name), v]))

  const resolve = (variable: Variable): ResolvedVariable | undefined => {
    const id = key(variable.component, variable.name)
    const ready = done.get(id)
    if (ready) return ready
    if (open.includes(id)) {
      const names = [...open.slice(open.indexOf(id)), id].map((k) => k.slice(k.indexOf('/') + 1))
      world.remarks.error('E_CYCLE', variable.path, `goes round in a circle: ${names.slice(0, 12).join(' → ')}`)
      return undefined
    }
    if (open.length > 100) {
      world.remarks.error('E_TOO_COMPLEX', variable.path, 'refers to more than 100 variables, one through the other')
      return undefined
    }
    open.push(id)
    const value = givenValue(world, variable, seenFrom(variable.component))
    open.pop()
    const { options } = variable
    const isMade = options.generate !== undefined || options.source !== undefined || variable.isLost
    // What holds a secret is one, whatever is said of it.
    const isSecret =
      options.secret === true || (value !== undefined && holdsSecret(value)) || (isMade && options.secret !== false)
    const resolved = { ...variable, ...(value && { value }), isSecret }
    checkOptions(world, resolved)
    done.set(id, resolved)
    return resolved
  }
  const seenFrom =
    (component: string | undefined): FindVariable =>
    (name) => {
      const variable = byKey.get(key(component, name)) ?? byKey.get(key(undefined, name))
      // Where it is kept out it is nothing, also inside another one.
      if (variable?.isKeptOut) return { value: { type: 'text', text: '' }, isSecret: false }
      const resolved = variable && resolve(variable)
      if (!resolved) return variable && { value: { type: 'text', text: '' }, isSecret: false }
      return { value: { type: 'stored', name, secret: resolved.isSecret }, isSecret: resolved.isSecret }
    }
  for (const variable of declared) resolve(variable)
  return {
    variables: [...done.values()],
    seenFrom,
    find: (component, name) => done.get(key(component, name)) ?? done.get(key(undefined, name)),
  }
}

/** The value from `from` or `default`; none where it is set by hand or generated. */
function givenValue(world: World, variable: Variable, find: FindVariable): Value | undefined {
  const { options, path } = variable
  const use: Use = variable.when === 'run' ? 'run' : 'build'
  if (options.from !== undefined) {
    const at = [...path, 'from']
    if (options.from.includes('${')) {
      world.remarks.error('E_REFERENCE', at, `${show(options.from)} is a text with references`, 'write it as `default`')
      return undefined
    }
    if (world.absent.has(options.from.split('.')[0] ?? '')) {
      variable.isLost = true
      return undefined
    }
    return resolveReference(world, at, options.from, use, find)
  }
  if (options.default === undefined) return undefined
  const at = variable.isShort ? path : [...path, 'default']
  if (!world.places.isExact(at)) {
    world.remarks.error('E_TYPE', at, 'is read as a number, and would lose how it is written', 'put it into quotes')
    return undefined
  }
  const text = String(options.default)
  checkLiteral(world, at, text, variable)
  return expand(world, at, text, use, find)
}
