import { chmodSync, lstatSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { writeAtomic } from '../lib/atomic.ts'
import { digestOf } from '../lib/digest.ts'
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
  const known = readKnown(out)
  return Object.entries(answer.files).map(([path, { text }]) => {
    const there = textAt(inside(out, path))
    if (there === undefined) return { path, state: 'new' }
    if (there === text) return { path, state: 'same' }
    const isOurs = there.includes(WRITTEN_BY) || (known[path] !== undefined && known[path] === digestOf(there))
    return { path, state: isOurs ? 'changed' : 'foreign' }
  })
}

/** Formats without comments, such as JSON, cannot say that they are ours: what was written is remembered beside them. */
const KNOWN = '.landfall-export.json'

function readKnown(out: string): Record<string, string> {
  try {
    const data: unknown = JSON.parse(textAt(join(out, KNOWN)) ?? '{}')
    return Object.fromEntries(
      Object.entries(typeof data === 'object' && data !== null ? data : {}).filter(([, v]) => typeof v === 'string'),
    )
  } catch {
    return {} // Damaged: then nothing is known, and `--force` says what is wanted.
  }
}

function remember(answer: ExportAnswer, out: string): void {
  const silent = Object.entries(answer.files).filter(([, { text }]) => !text.includes(WRITTEN_BY))
  if (silent.length === 0) return
  const all = { ...readKnown(out), ...Object.fromEntries(silent.map(([path, { text }]) => [path, digestOf(text)])) }
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeAtomic(inside(out, KNOWN), `${JSON.stringify(sorted, null, 2)}\n`, 0o644)
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
  for (const { path } of states) refuseLinks(out, inside(out, path))
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
  remember(answer, out)
  return states
}

/** A folder on the way may be a link that somebody put there. */
function refuseLinks(out: string, to: string): void {
  mkdirSync(out, { recursive: true })
  const root = realpathSync(out)
  let at = dirname(to)
  while (textAt(at) === undefined) at = dirname(at)
  const real = realpathSync(at)
  if (real === root || real.startsWith(root === sep ? root : `${root}${sep}`)) return
  const message = `${showBare(at)} is a link that leads out of ${showBare(out)}`
  throw new LandfallError({ code: 'E_PATH', message, hint: 'replace it by a folder' })
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
