import { readDotenv } from '../lib/env/dotenv.ts'
import { show } from '../lib/show.ts'
import type { Finding } from '../model/finding.ts'
import { ENV_KEY, reservedBecause } from './names.ts'
import { parseYaml } from './yaml.ts'

/** A value of a file, and where it stands: `.env:12`. */
export interface FileValue {
  name: string
  value: string
  at: string
}
export interface EnvFile {
  values: FileValue[]
  /** All that is wrong at once; with an error among them nothing of the file may be used. */
  findings: Finding[]
}

/** Variables from `.env`, or from a YAML mapping of names to values. `name` says which by its ending, and stands in the findings. */
export function readEnvFile(name: string, text: string): EnvFile {
  const read = /\.ya?ml$/i.test(name) ? readYaml(name, text) : readLines(name, text)
  const values: FileValue[] = []
  for (const value of read.values) {
    const reserved = reservedBecause(value.name)
    if (!reserved) values.push(value)
    else {
      const message = `${value.name} is left out: it ${reserved.because}`
      read.findings.push({ level: 'lost', code: 'W_ENV_RESERVED', at: value.at, message, hint: reserved.hint })
    }
  }
  return { values, findings: read.findings }
}

function readLines(name: string, text: string): EnvFile {
  const { values, problems, remarks } = readDotenv(text)
  const findings = [
    ...problems.map((p): Finding => ({ level: 'error', code: p.code, at: `${name}:${p.line}`, message: p.message })),
    ...remarks.map((r): Finding => ({ level: 'warning', code: r.code, at: `${name}:${r.line}`, message: r.message })),
  ]
  return { values: values.map((v) => ({ name: v.name, value: v.value, at: `${name}:${v.line}` })), findings }
}

function readYaml(name: string, text: string): EnvFile {
  const { data, places, findings: said } = parseYaml(name, text)
  // What the parser quotes may be a piece of a secret: a password that begins with `!` is a tag to it.
  const findings = said.map((f) => ({ ...f, message: f.message.replace(/"(?:[^"\\]|\\.)*"/g, '…') }))
  if (findings.some((f) => f.level === 'error')) return { values: [], findings }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    const message = `the file is ${show(data)}; it must be a mapping of names to values`
    return { values: [], findings: [{ level: 'error', code: 'E_TYPE', at: `${name}:1`, message }] }
  }
  const values: FileValue[] = []
  for (const [key, value] of Object.entries(data)) {
    const put = (code: string, message: string, hint?: string) =>
      void findings.push({ level: 'error', code, at: places.at([key]), message, ...(hint && { hint }) })
    if (!ENV_KEY.test(key)) put('E_ENV_KEY', `${show(key)} is not a name of a variable`)
    else if (typeof value === 'object') put('E_TYPE', `${key} is ${show(value)}, and not a text`)
    else if (!places.isExact([key]))
      put('E_TYPE', `${key} is read as a number, and would lose how it is written`, 'put it into quotes')
    else if (String(value).includes('\0')) put('E_ENV_VALUE', `${key} holds a NUL character`)
    else values.push({ name: key, value: String(value), at: places.at([key]) })
  }
  return { values, findings }
}
