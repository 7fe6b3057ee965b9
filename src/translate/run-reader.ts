import { LandfallError, shapeOf } from '../lib/error.ts'
import { parseYamlAll } from '../manifest/yaml.ts'
import type { Finding } from '../model/finding.ts'
import type { SourceFiles } from '../model/plug.ts'
import type { Entry, Read, ReadContext, Target, Verdict } from '../model/target.ts'
import { countLeaves, Ledger, unmarkedFindings } from './ledger.ts'
import { FOREIGN, MOST_FILES } from './limits.ts'
import type { Parsed } from './parsed.ts'

export interface ReadResult extends Read {
  target: string
  /** Files that were opened, in that order. */
  sources: string[]
  verdicts: Verdict[]
  findings: Finding[]
  /** Of all that was opened: as many as the verdicts speak for. */
  leaves: number
}
export interface ReadInput {
  files: SourceFiles
  found: string[]
  folderName: string
  options?: Record<string, string>
  /** Text of a file whose every leaf is to be accounted for: throws LandfallError where `files.text` would be lenient. */
  strict?(path: string): string | undefined
}

/** Lets a target read, and adds up what became of every leaf of every file that it opened. */
export async function runReader(target: Target, input: ReadInput): Promise<ReadResult> {
  const { read } = target
  if (!read) throw new LandfallError({ code: 'E_TARGET', message: `files of ${target.title} cannot be read` })
  const parsers = await parsersFor(input.files.names)
  const ledgers: Ledger[] = []
  let leaves = 0
  const findings: Finding[] = []
  const sources: string[] = []
  const take = (parsed: Parsed): Entry => {
    findings.push(...parsed.findings)
    const isBroken = parsed.findings.some((f) => f.level === 'error')
    const data = isBroken ? undefined : parsed.data
    const ledger = new Ledger({ data, at: parsed.at })
    leaves += leavesOf(data)
    ledgers.push(ledger)
    return ledger.root()
  }
  const enter = (path: string) => {
    if (!sources.includes(path)) sources.push(path)
    if (sources.length > MOST_FILES)
      throw new LandfallError({ code: 'E_TOO_LARGE', message: `more than ${MOST_FILES} files are to be read` })
  }
  const textOf = (path: string): string | undefined => {
    try {
      const text = input.strict ? input.strict(path) : input.files.text(path)
      if (text !== undefined) return text
      findings.push({ level: 'error', code: 'E_UNREADABLE', at: path, message: `${path} is not a file that can be read here` })
    } catch (error) {
      if (!(error instanceof LandfallError)) throw error
      const { code, message, at = path, hint } = shapeOf(error)
      findings.push({ level: 'error', code, at, message, ...(hint && { hint }) })
    }
    return undefined
  }
  const context: ReadContext = {
    files: input.files,
    found: input.found,
    folderName: input.folderName,
    options: input.options ?? {},
    open(path, format, rules) {
      enter(path)
      const text = textOf(path)
      if (text === undefined) return [take({ data: undefined, at: () => path, findings: [] })]
      if (format !== 'yaml') return [take(parsers[format](path, text))]
      const all = parseYamlAll(path, text, { ...FOREIGN, noun: 'the file', tags: [...FOREIGN.tags, ...(rules?.tags ?? [])] })
      return all.map(({ data, places, findings: own }) => take({ data, at: (p) => places.at(p, 'key'), findings: own }))
    },
    opened(path, data, place) {
      enter(path)
      const at = (p: readonly (string | number)[]) => {
        const { line, column } = place(p)
        return `${path}:${line}:${column}`
      }
      return take({ data, at, findings: [] })
    },
    finding: (finding) => void findings.push(finding),
  }
  const result = await read(context)
  const verdicts = ledgers.flatMap((l) => l.verdicts())
  const own = ledgers.flatMap((l) => l.findings)
  return {
    ...result,
    target: target.name,
    sources,
    verdicts,
    leaves,
    findings: [...findings, ...own, ...unmarkedFindings(verdicts)],
  }
}

/** An empty document owes nothing. */
function leavesOf(data: unknown): number {
  const isEmpty = data === undefined || data === null || (typeof data === 'object' && Object.keys(data).length === 0)
  return isEmpty ? 0 : countLeaves(data)
}

type Parse = (name: string, text: string) => Parsed
/** Most projects have no file of one of them, and their libraries are not small. */
async function parsersFor(names: ReadonlySet<string>): Promise<{ json: Parse; toml: Parse }> {
  const has = (end: string) => [...names].some((name) => name.endsWith(end))
  const missing: Parse = (name) => {
    const finding: Finding = {
      level: 'error',
      code: 'E_UNREADABLE',
      at: name,
      message: `${name} does not end in the name of its format`,
    }
    return { data: undefined, at: () => name, findings: [finding] }
  }
  return {
    json: has('json') || has('jsonc') ? (await import('./parse-json.ts')).parseJson : missing,
    toml: has('toml') ? (await import('./parse-toml.ts')).parseToml : missing,
  }
}
