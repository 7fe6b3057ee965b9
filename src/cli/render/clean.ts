// Text that comes from apps, commands or a server is made harmless before a terminal sees it: an escape sequence could
// move the cursor over what we said, set the title, or answer back as if it had been typed.

const MAX_LINE = 4_000

// OSC, DCS, PM, APC and SOS run to their end sign (or to the end of the text), CSI to its final letter, others are short.
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g
// Control characters but tab and newline, and the marks that turn the direction of writing.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** One line: no newline stays. */
export function cleanLine(text: string, max = MAX_LINE): string {
  const line = withoutEscapes(text.slice(0, max * 4))
    .replace(/\n+$/, '')
    .replaceAll('\n', ' ')
    .replaceAll('\t', '  ')
  if (line.length <= max && text.length <= max * 4) return line
  return `${line.slice(0, max)} … (cut; the line has ${text.length} characters)`
}

/** Several lines, each cut on its own. */
export function cleanText(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => cleanLine(line))
    .join('\n')
}

export function withoutEscapes(text: string): string {
  return text.replace(SEQUENCES, '').replace(CONTROLS, '')
}
