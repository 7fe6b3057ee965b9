import { COLON, CR, LF, SPACE, TAB, TOKEN, VALUE } from './bytes.ts'

/** Where the parts of the line that was read last lie; one for all, since a line is looked at before the next is read. */
export const line = { nameEnd: 0, valueStart: 0, valueEnd: 0, next: 0, flags: 0 }

export const LINE = 1
/** The empty line that ends the head. */
export const LAST = 2
export const MORE = 3
export const BAD = 4

/** Reads one header line strictly: no blank before the colon, no folding, no bare CR or LF, no control characters. */
export function readHeaderLine(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  if (i >= end) return MORE
  if (bytes[i] === CR) {
    if (i + 1 >= end) return MORE
    line.next = i + 2
    return bytes[i + 1] === LF ? LAST : BAD
  }
  let flags = 0
  let kind = 0
  while (i < end) {
    kind = TOKEN[bytes[i]!]!
    if (kind === 0) break
    flags |= kind
    i += 1
  }
  if (i === end) return MORE
  if (bytes[i] !== COLON || i === start) return BAD
  line.nameEnd = i
  i += 1
  while (i < end && (bytes[i] === SPACE || bytes[i] === TAB)) i += 1
  line.valueStart = i
  while (i < end && VALUE[bytes[i]!] === 1) i += 1
  if (i < end && bytes[i] !== CR) return BAD
  if (i + 1 >= end) return MORE
  if (bytes[i + 1] !== LF) return BAD
  line.next = i + 2
  let valueEnd = i
  while (valueEnd > line.valueStart && (bytes[valueEnd - 1] === SPACE || bytes[valueEnd - 1] === TAB)) valueEnd -= 1
  line.valueEnd = valueEnd
  line.flags = flags
  return LINE
}

/** Header lines without those that `names` (lower case) lists: for the rare `Connection: x-something`. */
export function withoutLines(lines: string, names: string[]): string {
  return lines
    .split('\r\n')
    .filter((text) => text === '' || !names.includes(text.slice(0, text.indexOf(':')).toLowerCase()))
    .join('\r\n')
}

/** Value of the first header of this name (lower case), from lines that were read strictly. */
export function headerIn(lines: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|\\r\\n)${name}:[ \\t]*([^\\r]*?)[ \\t]*\\r\\n`, 'i').exec(lines)
  return match?.[1]
}
