import type { Holding } from '../model/backup.ts'

/** What differs between what a backup held and what a restore gave; empty where they are equal. Tools are not compared. Pure. */
export function differences(held: Holding, found: Holding): string[] {
  const said: string[] = []
  for (const key of keysOf(held.items, found.items)) {
    const was = held.items[key]
    const is = found.items[key]
    if (!was || !is) said.push(`${key} is ${was ? 'missing' : 'not in the backup'}`)
    else if (was.count !== is.count) said.push(`${key} has ${is.count} in place of ${was.count}`)
    else if (was.sha256 !== is.sha256 || was.bytes !== is.bytes) said.push(`${key} has other content`)
  }
  for (const key of keysOf(held.values, found.values)) {
    if (held.values[key] === found.values[key]) continue
    // An extension that the new server has beyond those of the old one does no harm.
    if (held.values[key] === undefined && key.startsWith('extension ')) continue
    said.push(`${key} is ${found.values[key] ?? 'missing'} in place of ${held.values[key] ?? 'nothing'}`)
  }
  return said
}

function keysOf(a: Record<string, unknown>, b: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
}
