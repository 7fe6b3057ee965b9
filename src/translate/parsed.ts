import type { Finding } from '../model/finding.ts'
import type { Path } from '../model/target.ts'
import { FOREIGN } from './limits.ts'

/** Plain data, and where each of its values stood. Errors are among the findings; then there is no data. */
export interface Parsed {
  data: unknown
  at(path: Path): string
  findings: Finding[]
}

/** `name:line:column` of an offset; lines are counted once. */
export function positions(name: string, text: string): (offset: number) => string {
  const starts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1)
  return (offset) => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return `${name}:${low + 1}:${offset - (starts[low] ?? 0) + 1}`
  }
}

/** What no parser should be shown: too much, or characters that no such file has. */
export function refused(name: string, text: string): Finding | undefined {
  if (Buffer.byteLength(text) > FOREIGN.bytes) {
    const message = `${name} has more than ${FOREIGN.bytes / 1024} KiB`
    return { level: 'error', code: 'E_TOO_LARGE', at: `${name}:1:1`, message, hint: 'large data belongs into files of its own' }
  }
  const odd = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|(?!^)\ufeff/u.exec(text)
  if (!odd) return undefined
  const point = `U+${odd[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
  const message = `the character ${point} may not stand in such a file`
  return {
    level: 'error',
    code: 'E_ENCODING',
    at: positions(name, text)(odd.index),
    message,
    hint: 'save it as plain UTF-8 text',
  }
}
