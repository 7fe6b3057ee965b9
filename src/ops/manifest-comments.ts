export interface ManifestComments {
  /** The comment at the very top: what the app is. */
  about?: string
  /** Comments on and inside of a part whose value begins at a line (from 1), each with the key that it stands above. */
  within(name: string, line: number): { key: string; text: string }[]
}

/** What people wrote beside their manifest: the reasons, which no key has a place for. */
export function manifestComments(text: string): ManifestComments {
  const lines = text.split('\n')
  const top: string[] = []
  for (const line of lines) {
    if (!line.startsWith('#')) break
    top.push(line)
  }
  const about = sentence(top)
  return { ...(about !== '' && { about }), within: (name, line) => commentsFrom(lines, startOf(lines, name, line - 1)) }
}

/** The line of the key: its value may begin further down. */
function startOf(lines: string[], name: string, from: number): number {
  for (let at = from; at >= 0; at--) if (lines[at]?.trimStart().startsWith(`${name}:`)) return at
  return -1
}

const indentOf = (line: string) => line.length - line.trimStart().length
const KEY = /^[\s-]*\{?\s*"?([\w./-]+)"?:/

function commentsFrom(lines: string[], start: number): { key: string; text: string }[] {
  const head = lines[start]
  if (head === undefined) return []
  const found: { key: string; text: string }[] = []
  // Those above the part belong to it as well.
  let at = start
  while (at > 0 && lines[at - 1]?.trimStart().startsWith('#') && indentOf(lines[at - 1]!) === indentOf(head)) at -= 1
  let comment: string[] = []
  for (; at < lines.length; at++) {
    const line = lines[at]!
    if (line.trim() === '') {
      comment = []
      continue
    }
    if (line.trimStart().startsWith('#')) {
      if (at > start && indentOf(line) <= indentOf(head)) break
      comment.push(line)
      continue
    }
    if (at > start && indentOf(line) <= indentOf(head)) break
    const text = sentence(comment)
    if (text !== '') found.push({ key: at === start ? '' : (KEY.exec(line)?.[1] ?? ''), text })
    comment = []
  }
  return found
}

/** Without what tools write into comments. */
function sentence(lines: string[]): string {
  const words = lines
    .map((line) => line.trim().replace(/^#+\s?/, ''))
    .filter((line) => !/^(yaml-language-server|!|Written by )/.test(line))
  return words.join(' ').trim()
}
