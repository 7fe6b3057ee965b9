import { readDotenv } from '../../lib/env/dotenv.ts'
import type { EnvInput } from '../../manifest/partial.ts'

const ASSIGNMENT = /^\s*#\s?(?:export\s+)?([A-Z_][A-Z0-9_]{1,127})\s?(?:=|: )\s*(.*)$/

/** `# NAME=value`: a variable that somebody may take in. Each name once. */
export function optionalLines(lines: string[]): { name: string; value: string; line: number }[] {
  const found = new Map<string, { name: string; value: string; line: number }>()
  lines.forEach((text, i) => {
    const [, name, rest = ''] = ASSIGNMENT.exec(text) ?? []
    if (name === undefined || found.has(name)) return
    const [read] = readDotenv(`${name}=${rest}`).values
    found.set(name, { name, value: read?.value ?? '', line: i + 1 })
  })
  return [...found.values()]
}

/** Comments without a gap above a line (from 1), without their `#`. */
export function commentAbove(lines: string[], line: number): string[] {
  const found: string[] = []
  for (let i = line - 2; i >= 0; i--) {
    const text = lines[i]?.trim() ?? ''
    if (!text.startsWith('#') || ASSIGNMENT.test(text)) break
    found.unshift(text.replace(/^#+\s?/, '').trim())
  }
  return found.filter((text) => /[^-=#*\s]/.test(text))
}

export type Options = Exclude<EnvInput, string | number | boolean>

/** What `landfall env sample` wrote above a variable, taken back. */
export function ruleOf(comments: string[], value: string, isOptional: boolean): Options {
  const last = comments.at(-1) ?? ''
  const words = last.split(/ · |, /)
  const isRule = words.some((w) => /^(required|secret|public|generate: .*|default: .*|at least \d+ characters)$/.test(w))
  const about = (isRule ? comments.slice(0, -1) : comments).join(' ')
  const isSaid = words.some((w) => w.startsWith('default: '))
  const generate = /(?:^| · |, )generate: (uuid|\w+\(\d+\))/.exec(last)?.[1]
  const least = /(?:^| · |, )at least (\d+) characters/.exec(last)?.[1]
  const given = isSaid && last.includes('default: "') ? { default: value.replaceAll('$', '$$$$') } : {}
  const isOpen = isOptional && !isSaid && generate === undefined
  return {
    ...given,
    ...(generate !== undefined && { generate }),
    ...(words.includes('secret') && { secret: true }),
    ...(least !== undefined && { minLength: Number(least) }),
    ...(isOpen && { required: false }),
    ...(!isOptional && { required: true }),
    ...(about && { about }),
  }
}
