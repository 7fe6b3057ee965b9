import type { Finding, Level } from '../model/finding.ts'
import { type Path, type Places, pathText } from './places.ts'

/** Collects the findings of one manifest: in the order of the file, each once, and no more than a person can read. */
export interface Remarks {
  error(code: string, path: Path, message: string, hint?: string): void
  /** Like `error`, at the key instead of its value. */
  key(code: string, path: Path, message: string, hint?: string): void
  add(level: Level, code: string, path: Path, message: string, hint?: string): void
  hasErrors(): boolean
  /** No more will be shown: what is costly to word need not be worded. */
  isFull(): boolean
  list(): Finding[]
}

const MOST = 100

export function collectRemarks(places: Places): Remarks {
  const found = new Map<string, { finding: Finding; order: number }>()
  let left = 0
  const put = (level: Level, code: string, path: Path, message: string, hint: string | undefined, of: 'key' | 'value') => {
    const at = places.at(path, of)
    const text = path.length === 0 ? message : `${pathText(path)}: ${message}`
    const id = `${code} ${at} ${text}`
    if (found.has(id)) return
    if (found.size >= MOST) {
      left += 1
      return
    }
    found.set(id, { finding: { level, code, at, message: text, ...(hint && { hint }) }, order: places.order(path, of) })
  }
  return {
    error: (code, path, message, hint) => put('error', code, path, message, hint, 'value'),
    key: (code, path, message, hint) => put('error', code, path, message, hint, 'key'),
    add: (level, code, path, message, hint) => put(level, code, path, message, hint, 'value'),
    isFull: () => found.size >= MOST,
    hasErrors: () => left > 0 || [...found.values()].some((f) => f.finding.level === 'error'),
    list: () => {
      const all = [...found.values()].sort((a, b) => a.order - b.order).map((f) => f.finding)
      if (left > 0) {
        all.push({
          level: 'error',
          code: 'E_TOO_MANY',
          at: places.at([]),
          message: `and ${left} more findings that are not shown`,
        })
      }
      return all
    },
  }
}
