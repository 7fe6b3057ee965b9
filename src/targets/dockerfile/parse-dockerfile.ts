import { DockerfileParser, type Instruction, type ModifiableInstruction, PropertyInstruction } from 'dockerfile-ast'
import { codeOf } from '../../lib/error.ts'
import { show } from '../../lib/show.ts'
import type { Finding } from '../../model/finding.ts'

/** One instruction, with variables of ARG and ENV put in where their values are known. */
export interface Line {
  /** From 1. */
  line: number
  keyword: string
  /** `--platform=linux/amd64` and its like, by name. */
  flags: Record<string, string>
  /** Everything behind keyword and flags as one text, without breaks of the line. */
  text: string
  words: string[]
  /** The array of an exec form. */
  exec?: string[]
  /** Names and values of ENV, ARG and LABEL. `null`: an ARG without a value. `isOpen`: a variable is in it that nobody knows. */
  pairs: { name: string; value: string | null; isOpen: boolean }[]
  hasHeredoc: boolean
}
export interface Stage {
  from: Line
  /** `node:24-slim`, with ARGs put in; or the name of a stage before. */
  image: string
  name?: string
  lines: Line[]
}
export interface Parsed {
  /** ARGs before the first FROM. */
  globals: Line[]
  stages: Stage[]
}

/** An instruction's key in the ledger: `12 EXPOSE`. */
export const keyOf = ({ line, keyword }: Line) => `${line} ${keyword}`

const MOST_LINES = 5000

/** A Dockerfile as stages. What cannot be read is a finding, and nothing is given back. */
export function parseDockerfile(path: string, text: string): Parsed | Finding {
  const refuse = (message: string): Finding => ({ level: 'error', code: 'E_SYNTAX', at: `${path}:1:1`, message })
  if (text.length > 256 * 1024 || text.split('\n').length > MOST_LINES) return refuse(`${path} is too long for a Dockerfile`)
  let lines: Line[]
  try {
    const parsed = DockerfileParser.parse(text.replaceAll('\0', ''))
    const resolve = (name: string, line: number) => parsed.resolveVariable(name, line) ?? undefined
    lines = parsed.getInstructions().map((i) => lineOf(i, resolve))
  } catch (error) {
    // The parser is made for editors and seldom gives up; where it does, no file of somebody may end the program.
    return refuse(`${path} cannot be read as a Dockerfile: ${show(error instanceof Error ? error.message : codeOf(error))}`)
  }
  const globals: Line[] = []
  const stages: Stage[] = []
  for (const line of lines) {
    const stage = stages.at(-1)
    if (line.keyword === 'FROM') {
      const [image = '', as, name] = line.words
      stages.push({ from: line, image, ...(as?.toUpperCase() === 'AS' && name && { name: name.toLowerCase() }), lines: [] })
    } else if (stage) stage.lines.push(line)
    else globals.push(line)
  }
  return stages.length === 0 ? refuse(`${path} has no FROM`) : { globals, stages }
}

/** Stages that the last one is made of, itself last: what they say holds in the image. */
export function finalChain({ stages }: Parsed): Stage[] {
  const chain: Stage[] = []
  let at: Stage | undefined = stages.at(-1)
  while (at && !chain.includes(at)) {
    chain.unshift(at)
    const { image }: Stage = at
    at = stages.slice(0, stages.indexOf(at)).findLast((s) => s.name === image.toLowerCase())
  }
  return chain
}

function lineOf(instruction: Instruction, resolve: (name: string, line: number) => string | undefined): Line {
  const line = instruction.getRange().start.line
  const keyword = instruction.getKeyword().toUpperCase()
  const put = (text: string) =>
    keyword === 'RUN' || keyword === 'CMD' || keyword === 'ENTRYPOINT' || keyword === 'HEALTHCHECK'
      ? text
      : text.replace(
          /(?<!\\)\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
          (all, a: string | undefined, fallback: string | undefined, b: string | undefined) =>
            resolve(a ?? b ?? '', line) ?? fallback ?? all,
        )
  const flags =
    'getFlags' in instruction && typeof instruction.getFlags === 'function'
      ? (instruction as ModifiableInstruction).getFlags()
      : []
  const words = instruction.getArguments().map((a) => put(a.getValue()))
  const content = (instruction.getArgumentsContent() ?? '').trim()
  const text = put(flags.reduce((rest, flag) => withoutFlag(rest, flag.toString()), content))
  const exec = /^(CMD|ENTRYPOINT|RUN|SHELL|VOLUME|COPY|ADD|HEALTHCHECK)$/.test(keyword) ? execOf(text) : undefined
  return {
    line: line + 1,
    keyword,
    flags: Object.fromEntries(flags.map((f) => [f.getName(), f.getValue() ?? ''])),
    text,
    words,
    ...(exec && { exec }),
    pairs: pairsOf(instruction, put),
    hasHeredoc: /^(RUN|COPY|ADD)$/.test(keyword) && /(^|\s)<<-?['"]?\w/.test(content),
  }
}

function withoutFlag(text: string, flag: string): string {
  const plain = text.trimStart()
  return plain.startsWith(flag) ? plain.slice(flag.length).trimStart() : plain
}

function execOf(text: string): string[] | undefined {
  const array = text.replace(/^CMD\s+/i, '').trim()
  if (!array.startsWith('[')) return undefined
  try {
    const data: unknown = JSON.parse(array)
    return Array.isArray(data) && data.every((w) => typeof w === 'string') ? data : undefined
  } catch {
    return undefined // Docker too takes what is no JSON for a command of the shell.
  }
}

function pairsOf(instruction: Instruction, put: (text: string) => string): Line['pairs'] {
  if (!(instruction instanceof PropertyInstruction)) return []
  return instruction.getProperties().map((p) => {
    const raw = p.getUnescapedValue() ?? p.getValue()
    return raw === null ? { name: p.getName(), value: null, isOpen: false } : { name: p.getName(), ...unquoted(raw, put) }
  })
}

/** What Docker makes of a value: without quotes and escapes; in single quotes nothing is put in. */
function unquoted(raw: string, put: (text: string) => string): { value: string; isOpen: boolean } {
  let isOpen = false
  const plain = (text: string) => {
    const known = put(text)
    isOpen ||= /\$\{?\w/.test(known)
    return known
  }
  const opened = (part: string) => {
    const inside = part.length > 1 && part.startsWith('"') && part.endsWith('"') ? part.slice(1, -1) : part
    return (inside.match(/\\.|[^\\]+|\\/gs) ?? []).map((p) => (/^\\./s.test(p) ? p.slice(1) : plain(p))).join('')
  }
  const parts = raw.match(/'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\]+|./gs) ?? []
  const value = parts.map((part) => (/^'.*'$/s.test(part) ? part.slice(1, -1) : opened(part))).join('')
  return { value, isOpen }
}
