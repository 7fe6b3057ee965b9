// Columns that text takes on a terminal; what is cut or lined up must not be counted in code units.

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const NONE = /\p{Mn}|\p{Me}|\u200d|[\ufe00-\ufe0f]/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no columns
const COLOUR = /\x1b\[[0-9;]*m/g

export function widthOf(text: string): number {
  const plain = text.replace(COLOUR, '')
  let width = 0
  for (const char of plain) width += NONE.test(char) ? 0 : WIDE.test(char) ? 2 : 1
  return width
}

/** At most `columns` wide; text without colours. */
export function cutTo(text: string, columns: number, dots = '…'): string {
  if (widthOf(text) <= columns) return text
  const room = columns - widthOf(dots)
  let kept = ''
  let width = 0
  for (const char of text) {
    width += widthOf(char)
    if (width > room) break
    kept += char
  }
  return room < 0 ? dots.slice(0, Math.max(0, columns)) : kept.trimEnd() + dots
}

export const padEnd = (text: string, columns: number) => text + ' '.repeat(Math.max(0, columns - widthOf(text)))
export const padStart = (text: string, columns: number) => ' '.repeat(Math.max(0, columns - widthOf(text))) + text

/** Words broken over lines that fit, each but the first `indent` columns in. */
export function hang(text: string, columns: number | undefined, indent: number): string {
  return wrap(text, columns === undefined ? undefined : Math.max(20, columns - indent)).join(`\n${' '.repeat(indent)}`)
}

/** Words broken over lines of at most `columns`; a longer word stands alone. */
export function wrap(text: string, columns: number | undefined): string[] {
  if (columns === undefined || widthOf(text) <= columns) return [text]
  const lines: string[] = []
  const lead = /^ */.exec(text)?.[0] ?? ''
  let line = ''
  for (const word of text.slice(lead.length).split(' ')) {
    const longer = line === '' ? (lines.length === 0 ? lead : '') + word : `${line} ${word}`
    if (line !== '' && widthOf(longer) > columns) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}
