import { splitCommand } from '../../manifest/split-command.ts'
import type { Entry } from '../../model/target.ts'
import { withDefaults } from './interpolation.ts'

/** A command of compose as words, with variables replaced by their defaults; undefined where there is none. */
export function wordsOf(entry: Entry): string[] | undefined {
  if (entry.value === undefined || entry.value === null) return undefined
  if (Array.isArray(entry.value)) {
    const words = entry.items().map((item) => plain(item.text() ?? ''))
    return words.length > 0 ? words : undefined
  }
  const text = plain(entry.text() ?? '').trim()
  if (text === '') return undefined
  const split = splitCommand(text.replaceAll('$', '$$$$'))
  // What compose itself would hand on as odd arguments is most likely meant for a shell.
  return 'words' in split ? split.words.map((w) => w.replaceAll('$$', '$')) : ['sh', '-c', text]
}

function plain(text: string): string {
  return withDefaults(text).text
}

/** Words as a manifest writes them: `$` is the start of a reference there. */
export function manifestWords(words: string[]): string[] {
  return words.map((word) => word.replaceAll('$', '$$$$'))
}

/** Steps of `sh -c "a || b && c"`, each as words; undefined where it is more of a program. */
export function stepsOf(words: string[]): { run: string[]; check?: string[]; files: string[] }[] | undefined {
  const [shell, flag, text, ...more] = words
  if (!/^(\/bin\/)?(sh|bash)$/.test(shell ?? '') || !/^-[a-z]*c$/.test(flag ?? '') || text === undefined || more.length > 0)
    return [{ run: words, files: [] }]
  const steps: { run: string[]; check?: string[]; files: string[] }[] = []
  for (const line of text.split(/\n|&&|;/)) {
    if (line.trim() === '') continue
    const parts = line.split('||').map((part) => splitCommand(part))
    if (parts.length > 2 || !parts.every((p) => 'words' in p)) return undefined
    const [first, second] = parts.map((p) => ('words' in p ? p.words : []))
    if (first?.[0] === 'test' && first[1] === '-s' && first[2] !== undefined && steps.length > 0 && !second)
      steps.at(-1)?.files.push(first[2])
    else if (first?.[0] === 'set' && !second) continue
    else if (first) steps.push(second ? { check: first, run: second, files: [] } : { run: first, files: [] })
  }
  return steps.length > 0 ? steps : undefined
}
