import type { Path } from './places.ts'
import type { Remarks } from './remarks.ts'
import type { Manifest } from './schema.ts'

/**
 * The one list of what the grammar accepts and this version does not carry out. Each is announced as lost wherever it
 * stands; when it is carried out, its line goes. `*` is any name, `values` narrows to these values of the key.
 */
const NOT_YET: { path: string; values?: string[]; instead?: string }[] = [
  { path: 'keep.warm' },
  { path: 'keep.decommissioned' },
  { path: 'components.*.type', values: ['external'] },
  { path: 'components.*.rollout', values: ['one-by-one'], instead: 'new instances run beside the old ones' },
  { path: 'components.*.user', instead: 'instances run under the user of their environment' },
  { path: 'components.*.url' },
  { path: 'routes.*.cors', instead: 'let the component answer other origins' },
]

export function announceNotYet(manifest: Manifest, remarks: Remarks): void {
  for (const { path, values, instead } of NOT_YET) {
    for (const { at, value } of find(manifest, path.split('.'), [])) {
      if (values && !(typeof value === 'string' && values.includes(value))) continue
      const what = values ? `\`${at.at(-1)}: ${String(value)}\`` : `\`${at.at(-1)}\``
      remarks.add('lost', 'W_NOT_YET', at, `this version of Landfall does not carry out ${what}`, instead)
    }
  }
}

function find(value: unknown, parts: string[], at: Path): { at: Path; value: unknown }[] {
  const [part, ...rest] = parts
  if (part === undefined) return value === undefined ? [] : [{ at, value }]
  if (typeof value !== 'object' || value === null) return []
  if (part !== '*') return Object.hasOwn(value, part) ? find((value as Record<string, unknown>)[part], rest, [...at, part]) : []
  if (Array.isArray(value)) return value.flatMap((v, i) => find(v, rest, [...at, i]))
  return Object.entries(value).flatMap(([key, v]) => find(v, rest, [...at, key]))
}
