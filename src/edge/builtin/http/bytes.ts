// What may stand where in a message head. Everything else is refused, so that what we understand and what the next server
// understands cannot differ.

export const TAB = 9
export const LF = 10
export const CR = 13
export const SPACE = 32
export const COLON = 58

/** Letters of a method or a header's name. `UNDERSCORE` is one too, but told apart: see `readRequestHead`. */
export const TOKEN = new Uint8Array(256)
export const UNDERSCORE = 2
/** Of a header's value: visible characters, blanks, and the upper half, which is nobody's business here. */
export const VALUE = new Uint8Array(256)
/** Of a request target: visible ASCII but `#`, which no client sends. */
export const TARGET = new Uint8Array(256)
export const HEX = new Int8Array(256).fill(-1)

for (let c = 0; c < 256; c++) {
  const letter = String.fromCharCode(c)
  if (/[!#$%&'*+\-.^`|~0-9A-Za-z]/.test(letter)) TOKEN[c] = 1
  if (c === TAB || (c >= 0x20 && c !== 0x7f)) VALUE[c] = 1
  if (c > 0x20 && c < 0x7f && letter !== '#') TARGET[c] = 1
  if (/[0-9a-fA-F]/.test(letter)) HEX[c] = Number.parseInt(letter, 16)
}
TOKEN[0x5f] = UNDERSCORE

/** One character per byte. Node has this method, and is much faster with it than with `toString`, but declares no type for it. */
export function text(bytes: Uint8Array, start: number, end: number): string {
  return (bytes as unknown as { latin1Slice(start: number, end: number): string }).latin1Slice(start, end)
}
