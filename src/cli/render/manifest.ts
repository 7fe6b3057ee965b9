import { cleanLine } from './clean.ts'
import type { Look } from './look.ts'

/** What was found in a folder and the manifest that follows from it, for a person who is about to say yes. */
export function renderManifest({ text, guesses }: { text: string; guesses: string[] }, look: Look): string {
  const { paint, signs } = look
  const lines = guesses.map((guess) => `  ${paint.green('+')} ${cleanLine(guess)}`)
  const manifest = text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${paint.dim(signs.bar)} ${colour(cleanLine(line), look)}`.trimEnd())
  return [
    ...(lines.length > 0 ? [paint.bold('  Found'), ...lines, ''] : []),
    paint.bold('  landfall.yaml'),
    ...manifest,
    '',
  ].join('\n')
}

/** Just enough to find one's way: keys and comments. */
function colour(line: string, { paint }: Look): string {
  const comment = /^(.*?)(\s+#.*|^#.*)$/.exec(line)
  const code = comment ? (comment[1] ?? '') : line
  const key = /^(\s*(?:- )?)([A-Za-z_][\w.-]*)(:.*)$/.exec(code)
  const painted = key ? `${key[1]}${paint.cyan(key[2])}${key[3]}` : code
  return painted + (comment ? paint.dim(comment[2]) : '')
}
