import { type Misfit, misfits, reportIssues, valueAt } from './issues.ts'
import { type Path, pathKey } from './places.ts'
import type { Remarks } from './remarks.ts'
import { type Manifest, manifestSchema } from './schema.ts'

export interface Shape {
  manifest: Manifest
  /** Something was cut out of the value there: what it lacks now may have been written. */
  isCut(path: Path): boolean
}

/**
 * The shape of the data, against the schema. Where something does not fit it is cut out, so that the rest can be looked at
 * in the same go: a person should see all that is wrong at once. Lists keep their positions; what was cut out is a hole.
 */
export function checkShape(data: unknown, remarks: Remarks): Shape | undefined {
  const first = manifestSchema.safeParse(data)
  if (first.success) return { manifest: first.data, isCut: () => false }
  const rest = structuredClone(data)
  const cuts = new Set<string>()
  let wrong = reportIssues(first.error.issues, data, remarks)
  for (let round = 0; round < 8; round++) {
    for (const misfit of wrong) {
      for (let length = misfit.path.length; length >= 0; length--) cuts.add(pathKey(misfit.path.slice(0, length)))
      if (!cut(rest, misfit)) return undefined
    }
    const result = manifestSchema.safeParse(withoutHoles(rest))
    // The same without its holes has just been parsed.
    if (result.success) return { manifest: rest as Manifest, isCut: (path) => cuts.has(pathKey(path)) }
    wrong = misfits(result.error.issues).map((m) => ({ ...m, path: withHoles(rest, m.path) }))
  }
  return undefined
}

/** False when nothing would be left. What is missing takes with it the mapping that lacks it. */
function cut(data: unknown, { path, keys }: Misfit): boolean {
  if (keys) {
    const from = valueAt(data, path)
    if (typeof from === 'object' && from !== null) for (const key of keys) Reflect.deleteProperty(from, key)
    return true
  }
  let length = path.length
  while (length > 0 && valueAt(data, path.slice(0, length)) === undefined) length -= 1
  // Nothing hangs on the app's name, and without one there would be no app to look at.
  if (path.length === 1 && path[0] === 'app') return Reflect.set(data as object, 'app', 'unnamed')
  const last = path[length - 1]
  const parent = valueAt(data, path.slice(0, length - 1))
  if (last === undefined || typeof parent !== 'object' || parent === null) return false
  Reflect.deleteProperty(parent, last)
  return true
}

function withoutHoles(value: unknown): unknown {
  if (Array.isArray(value)) return Object.values(value).map(withoutHoles)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutHoles(v)]))
}

/** A path into the list without holes, as a path into the one with them. */
function withHoles(data: unknown, path: Path): Path {
  return path.map((part, i) => {
    const list = valueAt(data, path.slice(0, i))
    return typeof part === 'number' && Array.isArray(list) ? Number(Object.keys(list)[part] ?? part) : part
  })
}
