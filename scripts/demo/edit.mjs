import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A change of a story; one that finds nothing to change any more is an error. */
export function edit(folder, file, from, to) {
  const path = join(folder, file)
  const before = readFileSync(path, 'utf8')
  const after = before.replace(from, to)
  if (after === before) throw new Error(`${file} has no ${from} any more: the demo's story is out of date`)
  writeFileSync(path, after)
}
