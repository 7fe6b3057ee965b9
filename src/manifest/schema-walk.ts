import { manifestSchema } from './schema.ts'

// Looks into the schema, so that its keys are written down once: for "did you mean", for the docs and their test.

/** The little that is used of zod's own description of a schema. */
interface Node {
  def: {
    type: string
    shape?: Record<string, Node>
    innerType?: Node
    valueType?: Node
    element?: Node
    options?: Node[]
    in?: Node
  }
  description?: string
}
const top = manifestSchema as unknown as Node // zod's types name the schema, not its description.

function unwrap(node: Node): Node[] {
  const { def } = node
  if (def.innerType) return unwrap(def.innerType)
  if (def.type === 'pipe' && def.in) return unwrap(def.in)
  if (def.type === 'union') return (def.options ?? []).flatMap(unwrap)
  return [node]
}

function step(nodes: Node[], part: string | number): Node[] {
  return nodes.flatMap(unwrap).flatMap(({ def }) => {
    if (typeof part === 'number') return def.element ? [def.element] : []
    const child = def.shape && Object.hasOwn(def.shape, part) ? def.shape[part] : def.valueType
    return child ? [child] : []
  })
}

/** Keys that may stand at a path of the manifest; none where any name may. */
export function knownKeys(path: readonly (string | number)[]): string[] {
  const nodes = path.reduce<Node[]>(step, [top])
  return nodes.flatMap(unwrap).flatMap(({ def }) => Object.keys(def.shape ?? {}))
}

export interface SchemaKey {
  /** `components.*.health.path`, `routes[].host`. */
  path: string
  description: string
}

/** Every key of the manifest, with what the schema says of it. */
export function allKeys(): SchemaKey[] {
  const keys: SchemaKey[] = []
  const visit = (node: Node, path: string) => {
    for (const { def } of unwrap(node)) {
      if (def.element) visit(def.element, `${path}[]`)
      if (def.valueType) visit(def.valueType, `${path}.*`)
      for (const [key, child] of Object.entries(def.shape ?? {})) {
        const at = path === '' ? key : `${path}.${key}`
        if (keys.some((k) => k.path === at)) continue
        keys.push({ path: at, description: child.description ?? '' })
        visit(child, at)
      }
    }
  }
  visit(top, '')
  return keys
}
