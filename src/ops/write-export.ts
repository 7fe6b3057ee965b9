import { chmodSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { writeAtomic } from '../lib/atomic.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import { showBare } from '../lib/show.ts'
import { WRITTEN_BY } from '../translate/written-by.ts'
import type { ExportAnswer } from './export.ts'

export interface WriteState {
  path: string
  /** `foreign`: it differs, and was not written by an export. */
  state: 'new' | 'same' | 'changed' | 'foreign'
}

/** How the files of an export compare with what is in a folder. */
export function compareExport(answer: ExportAnswer, out: string): WriteState[] {
  return Object.entries(answer.files).map(([path, { text }]) => {
    const there = textAt(inside(out, path))
    if (there === undefined) return { path, state: 'new' }
    if (there === text) return { path, state: 'same' }
    return { path, state: there.includes(WRITTEN_BY) ? 'changed' : 'foreign' }
  })
}

/** Writes what is new or different; over files that somebody else wrote only with `force`. Nothing is written if one is refused. */
export function writeExport(answer: ExportAnswer, out: string, force: boolean): WriteState[] {
  const states = compareExport(answer, out)
  const foreign = states.filter((s) => s.state === 'foreign')
  if (foreign.length > 0 && !force) {
    const names = foreign.map((s) => s.path)
    throw new LandfallError({
      code: 'E_EXISTS',
      message: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} there already, and not from an export`,
      at: names[0]!,
      hint: '--out <folder> writes elsewhere, --force writes over it, --check shows what would change',
    })
  }
  for (const { path, state } of states) {
    const file = answer.files[path]
    if (!file || state === 'same') continue
    const to = inside(out, path)
    try {
      mkdirSync(dirname(to), { recursive: true })
      writeAtomic(to, file.text, file.isExecutable ? 0o755 : 0o644)
      if (file.isExecutable) chmodSync(to, 0o755)
    } catch (error) {
      throw new LandfallError({
        code: 'E_UNWRITABLE',
        message: `${showBare(to)} cannot be written: ${codeOf(error)}`,
        cause: error,
      })
    }
  }
  return states
}

/** Names in a manifest end up in paths: none of them leads out of the folder. */
function inside(out: string, path: string): string {
  const root = resolve(out)
  const to = resolve(join(root, path))
  if (to.startsWith(root === sep ? root : `${root}${sep}`)) return to
  throw new LandfallError({ code: 'E_PATH', message: `${showBare(path)} would lie outside of ${showBare(root)}` })
}

function textAt(path: string): string | undefined {
  try {
    return lstatSync(path).isFile() ? readFileSync(path, 'utf8') : ''
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
