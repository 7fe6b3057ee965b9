import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { basename, join } from 'node:path'
import { leavesOut, outerRules, type Rules, withFolder } from '../../lib/build/source-rules.ts'
import { codeOf } from '../../lib/error.ts'
import type { Finding } from '../../model/finding.ts'
import type { SourceFiles } from '../../model/plug.ts'
import { missing } from './guess-types.ts'
import { namesInEnv } from './read-env-example.ts'

const MOST_NAMES = 20_000
const DEEPEST = 8
const MOST_TEXT = 1024 * 1024
const LOCAL = /^\.env(?:\.local|\.[\w-]+\.local|\.development|\.production)?$/

export interface FolderLook {
  files: SourceFiles
  localNames: Record<string, string[]>
  notes: Finding[]
}

/**
 * Names and texts of a folder, as far as one look may cost: without what ignore files leave out, not through links, and of
 * `.env` files nothing but the names in them.
 */
export function readFolder(folder: string): FolderLook {
  const names = new Set<string>()
  const locals: string[] = []
  const notes: Finding[] = []
  let isCut = false
  const walk = (path: string, outer: Rules, depth: number) => {
    const at = join(folder, path)
    const entries = entriesOf(at, path, notes).sort((a, b) => (a.name < b.name ? -1 : 1))
    const rules = withFolder(
      outer,
      at,
      path,
      entries.filter((e) => e.isFile()).map((e) => e.name),
    )
    if (path !== '' && entries.some((e) => e.name === 'pyvenv.cfg')) return
    for (const entry of entries) {
      const name = path === '' ? entry.name : `${path}/${entry.name}`
      if (entry.isFile() && LOCAL.test(entry.name)) locals.push(name)
      if (leavesOut(rules, name, entry.isDirectory())) continue
      if (names.size >= MOST_NAMES || (entry.isDirectory() && depth >= DEEPEST)) isCut = true
      else if (entry.isDirectory()) walk(name, rules, depth + 1)
      else if (entry.isFile() && !LOCAL.test(entry.name)) names.add(name)
    }
  }
  walk('', outerRules(folder), 0)
  if (isCut) notes.push(missing('.', `only the first ${MOST_NAMES} files, ${DEEPEST} folders deep, were looked at`))
  const texts = new Map<string, string | undefined>()
  const text = (path: string) => {
    if (!names.has(path)) return undefined
    if (!texts.has(path)) texts.set(path, readText(join(folder, path)))
    return texts.get(path)
  }
  const localNames = Object.fromEntries(locals.map((path) => [path, namesInEnv(readText(join(folder, path)) ?? '')]))
  return { files: { names, text }, localNames, notes }
}

function entriesOf(at: string, path: string, notes: Finding[]) {
  try {
    return readdirSync(at, { withFileTypes: true })
  } catch (error) {
    const code = codeOf(error)
    if (path === '' || (code !== 'EACCES' && code !== 'ENOENT')) throw error
    notes.push(missing(path, `${basename(path)} cannot be looked into: ${code}`))
    return []
  }
}

/** Text of a regular file that is not large; what else bears the name says nothing. */
function readText(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined // Unreadable, gone or a link: a guess can do without.
  }
  try {
    const { size } = fstatSync(file)
    if (!fstatSync(file).isFile() || size > MOST_TEXT) return undefined
    const buffer = Buffer.alloc(size)
    const length = readSync(file, buffer, 0, size, 0)
    return buffer.subarray(0, length).toString('utf8')
  } finally {
    closeSync(file)
  }
}
