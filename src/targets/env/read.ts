import { readDotenv } from '../../lib/env/dotenv.ts'
import { ENV_KEY, reservedBecause } from '../../manifest/names.ts'
import type { EnvInput } from '../../manifest/partial.ts'
import { guessVariables } from '../../manifest/write/guess-variables.ts'
import { readEnvExample } from '../../manifest/write/read-env-example.ts'
import type { Entry, ManualStep, Read, ReadContext } from '../../model/target.ts'
import { WRITTEN_BY } from '../../translate/written-by.ts'
import { commentAbove, type Options, optionalLines, ruleOf } from './comments.ts'

interface Found {
  name: string
  value: string
  entry: Entry
  file: string
  about?: string
  /** It stood behind a `#`. */
  isOptional?: boolean
  /** What a file of ours says of it. */
  rule?: Options
}

/** Variables that such files name. Values of secrets stay where they are; what runs is for other files to say. */
export async function read(context: ReadContext): Promise<Read> {
  const env: Record<string, EnvInput> = {}
  const because: Record<string, string> = {}
  const asked: string[] = []
  const stack = composeText(context)
  for (const file of context.found) {
    for (const found of /\.ya?ml$/.test(file) ? yamlOf(context, file) : linesOf(context, file)) {
      const { name, entry } = found
      const reserved = reservedBecause(name)
      if (reserved) entry.changed(`left out: it ${reserved.because}`, reserved.hint)
      else if (Object.hasOwn(env, name)) entry.changed('another of these files has it')
      else if (stack && ENV_KEY.test(name) && new RegExp(`\\b${name}\\b`).test(stack.text))
        entry.changed(`${stack.file} says who gets it`, 'landfall import --from compose')
      else {
        const value = declared(found)
        if (value === undefined) {
          entry.lost('no variable can have this name')
          continue
        }
        Object.defineProperty(env, name, { value, enumerable: true, configurable: true, writable: true })
        because[`env.${name}`] = isLocal(found, value) ? `${file}: names this machine, say what it is elsewhere` : file
        if (typeof value === 'object' && value.default === undefined && !value.generate && value.required !== false)
          asked.push(name)
        mark(found, value)
      }
    }
  }
  const steps: ManualStep[] =
    asked.length > 0 ? [{ title: 'set the values that no file gives', commands: asked.map((n) => `landfall env set ${n}`) }] : []
  return { manifest: Object.keys(env).length > 0 ? { env } : {}, because, steps }
}

function isLocal({ value }: Found, made: EnvInput): boolean {
  const isGiven = typeof made !== 'object' || made.default !== undefined
  return isGiven && /localhost|127\.0\.0\.1|host\.docker\.internal/.test(value)
}

/** The names in a compose file are that file's to explain: some of them never reach a program. */
function composeText({ files }: ReadContext): { file: string; text: string } | undefined {
  const file = [...files.names].filter((n) => /^(docker-)?compose[^/]*\.ya?ml$/.test(n)).sort()[0]
  const text = file === undefined ? undefined : files.text(file)
  return file !== undefined && text !== undefined ? { file, text } : undefined
}

function linesOf(context: ReadContext, file: string): Found[] {
  const text = context.files.text(file)
  if (text === undefined) {
    context.finding({ level: 'error', code: 'E_UNREADABLE', at: file, message: `${file} is not a file that can be read here` })
    return []
  }
  const { values, problems, remarks } = readDotenv(text)
  for (const { code, line, message } of [...problems, ...remarks])
    context.finding({ level: 'warning', code: code.replace(/^E_/, 'W_'), at: `${file}:${line}`, message })
  const lines = text.split(/\r?\n/)
  const optional = optionalLines(lines).filter((o) => !values.some((v) => v.name === o.name))
  const all = [...values.map((v) => ({ ...v, isOptional: false })), ...optional.map((v) => ({ ...v, isOptional: true }))]
  const places = new Map(all.map((v) => [v.name, v.line]))
  const data = Object.fromEntries(all.map((v) => [v.name, v.value]))
  const root = context.opened(file, data, ([name]) => ({ line: places.get(String(name)) ?? 1, column: 1 }))
  const abouts = new Map(readEnvExample(text).map((e) => [e.name, e.about]))
  const isOurs = text.includes(WRITTEN_BY)
  return all.map(({ name, value, line, isOptional }) => {
    const comments = commentAbove(lines, line)
    const about = isOurs ? undefined : (abouts.get(name) ?? (comments.join(' ').slice(0, 200) || undefined))
    const rule = isOurs ? ruleOf(comments, value, isOptional) : undefined
    return { name, value, file, entry: root.get(name), isOptional, ...(about && { about }), ...(rule && { rule }) }
  })
}

function yamlOf(context: ReadContext, file: string): Found[] {
  const text = context.files.text(file) ?? ''
  const lines = text.split(/\r?\n/)
  const isOurs = text.includes(WRITTEN_BY)
  return context.open(file, 'yaml').flatMap((root) => {
    const found = root.entries().flatMap((entry): Found[] => {
      const value = entry.value === null ? '' : entry.text()
      if (value === undefined) {
        entry.lost('a variable is a text, and this is none', 'write each variable in a line of its own')
        return []
      }
      const at = lines.findIndex((l) => l.replace(/^["']/, '').startsWith(entry.key)) + 1
      const comments = commentAbove(lines, at)
      const rule = isOurs ? ruleOf(comments, value, false) : undefined
      const about = isOurs ? '' : comments.join(' ').slice(0, 200)
      return [{ name: entry.key, value, file, entry, ...(about && { about }), ...(rule && { rule }) }]
    })
    if (!isOurs) return found
    // What nobody must give is a comment, and no leaf of the document.
    const more = optionalLines(lines).filter((o) => !found.some((f) => f.name === o.name))
    const data = Object.fromEntries(more.map((m) => [m.name, m.value]))
    const places = new Map(more.map((m) => [m.name, m.line]))
    const behind = context.opened(file, data, ([name]) => ({ line: places.get(String(name)) ?? 1, column: 1 }))
    return [
      ...found,
      ...more.map(({ name, value, line }): Found => {
        const rule = ruleOf(commentAbove(lines, line), value, true)
        return { name, value, file, entry: behind.get(name), isOptional: true, rule }
      }),
    ]
  })
}

function declared(found: Found): EnvInput | undefined {
  const { name, value, rule, about, isOptional, file } = found
  if (rule) return Object.keys(rule).length === 1 && rule.default !== undefined ? rule.default : rule
  const [guessed] = guessVariables([{ name, value, file, ...(about && { about }) }], [], []).variables
  if (!guessed) return undefined
  const said = guessed.value as string | Options // As the manifest's grammar has them.
  if (!isOptional) return said
  // The value behind a `#` is an example: nobody set it.
  const options = typeof said === 'object' ? said : {}
  return { required: false, ...(options.secret && { secret: true }), ...(options.about && { about: options.about }) }
}

function mark({ name, value, entry, isOptional, rule }: Found, made: EnvInput): void {
  const to = `env.${name}`
  const { default: kept, secret } = typeof made === 'object' ? made : { default: made, secret: false }
  const plain = value.replaceAll('$', '$$$$')
  if (rule || (kept === undefined ? value === '' : String(kept) === plain)) entry.kept(to)
  else if (secret) entry.changed('a secret: its value stays out of the manifest', `landfall env set ${name}`)
  else if (isOptional) entry.changed('optional: its value is an example')
  else if (kept === undefined) entry.changed('a placeholder: a person has to set it')
  else entry.changed(`became ${JSON.stringify(kept)}, as is right where it serves`)
}
