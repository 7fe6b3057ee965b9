import { posix } from 'node:path'
import type { EnvInput } from '../../manifest/partial.ts'
import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import type { Entry } from '../../model/target.ts'
import { parseInterpolation } from './interpolation.ts'
import { all, type Service } from './project.ts'
import type { Reading } from './reading.ts'

type Options = Extract<EnvInput, object>
interface Given {
  name: string
  /** Null: passed on from whoever starts compose. */
  text: string | null
  entry: Entry
}

/** Variables of a service: of its files first, then its own, which win. */
export function readEnvironment(reading: Reading, service: Service): Record<string, EnvInput> {
  const given = new Map<string, Given>()
  for (const list of all(service, 'env_file')) for (const item of list.items()) fromFile(reading, service, item, given)
  for (const environment of all(service, 'environment')) {
    for (const pair of pairs(environment)) {
      const before = given.get(pair.name)
      if (before && before.entry.at !== pair.entry.at) before.entry.changed(`overridden at ${pair.entry.at}`)
      given.set(pair.name, pair)
    }
  }
  const env: Record<string, EnvInput> = {}
  for (const { name, text, entry } of given.values()) {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      entry.lost('this is no name that a variable can have')
      continue
    }
    const read = readVariable(reading, service, name, text, entry)
    if (read === undefined) continue
    env[read.name] = read.value
  }
  return env
}

/** `K: V` and `- K=V`. */
function pairs(environment: Entry): Given[] {
  if (Array.isArray(environment.value))
    return environment.items().map((entry) => {
      const [name = '', text] = (entry.text() ?? '').split(/=(.*)/s)
      return { name, text: text ?? null, entry }
    })
  return environment
    .entries()
    .map((entry) => ({ name: entry.key, text: entry.value === null ? null : (entry.text() ?? ''), entry }))
}

function fromFile(reading: Reading, service: Service, item: Entry, into: Map<string, Given>): void {
  const path = item.text() ?? item.get('path').text() ?? ''
  const file = posix.join(service.folder, path)
  const { files } = reading.context
  const text = files.names.has(file) ? files.text(file) : undefined
  if (text === undefined) {
    item.lost(`${file} is not there, so nobody knows which variables it has`, 'landfall env import <file>, once it is there')
    return
  }
  const isOpen = /(^|\/)\.env(\.|$)/.test(file) && !/example|sample|template/.test(file)
  item.changed(
    isOpen ? `names of its variables, without their values` : 'its variables became env',
    isOpen ? `landfall env import ${file}` : undefined,
  )
  const names = [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t]*$/gm)]
  const line = new Map(names.map((match) => [match[1] ?? '', text.slice(0, match.index).split('\n').length]))
  const data = Object.fromEntries(names.map(([, name = '', value = '']) => [name, unquote(value)]))
  const root = reading.opened(file, () =>
    reading.context.opened(file, data, ([name]) => ({ line: line.get(String(name)) ?? 1, column: 1 })),
  )
  for (const entry of root.entries()) into.set(entry.key, { name: entry.key, text: isOpen ? null : (entry.text() ?? ''), entry })
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(value)
  return quoted ? (quoted[2] ?? '') : value.replace(/\s+#.*$/, '')
}

function readVariable(
  reading: Reading,
  service: Service,
  name: string,
  text: string | null,
  entry: Entry,
): { name: string; value: EnvInput } | undefined {
  const to = `env.${name}`
  const isSecret = isSecretName(name)
  const secret = isSecret ? { secret: true } : {}
  if (name === 'PORT') {
    entry.changed('every instance gets a PORT of its own')
    return undefined
  }
  if (
    /^(PATH|NODE_OPTIONS|BASH_ENV|LD_|DYLD_|LANDFALL_)/.test(name) &&
    /^(PATH|NODE_OPTIONS|BASH_ENV)$|^(LD|DYLD|LANDFALL)_/.test(name)
  ) {
    entry.lost('this variable cannot be set', 'set it in the command: [env, …]')
    return undefined
  }
  if (text === null) {
    entry.kept(to)
    return { name, value: { required: false, ...secret } }
  }
  const file = /^\/run\/secrets\/([\w.-]+)$/.exec(text)
  if (file && name.endsWith('_FILE')) {
    const own = name.slice(0, -5)
    entry.changed(`became env.${own}, delivered as a file`)
    reading.ask(own)
    return { name: own, value: { secret: true, required: true, delivery: { file: file[1] ?? own } } }
  }
  const reference = referenceOf(reading, service, name, text)
  if (reference !== undefined) {
    entry.changed(`Landfall gives it: ${typeof reference === 'object' ? reference.from : String(reference)}`)
    return { name, value: reference }
  }
  const parts = parseInterpolation(text)
  const [only] = parts
  if (parts.length === 1 && only?.type === 'variable') return { name, value: single(reading, name, only, entry, secret) }
  if (parts.every((p) => p.type === 'text')) {
    const plain = parts.map((p) => (p.type === 'text' ? p.text : '')).join('')
    const looks = secretLiteral(plain)
    if ((isSecret && plain !== '') || looks) {
      entry.changed(
        `a secret: its value stays out of the manifest${looks ? `; it looks like ${looks}` : ''}`,
        `landfall env set ${name}`,
      )
      reading.ask(name)
      return { name, value: { secret: true, required: true } }
    }
    entry.kept(to)
    return { name, value: plain.includes('${') || plain.includes('$$') ? plain.replaceAll('$', '$$$$') : literal(plain) }
  }
  // Variables inside a text: each is declared by itself, and named in the text.
  const text2 = parts
    .map((p) => {
      if (p.type === 'text') return p.text.replaceAll('$', '$$$$')
      declare(reading, p)
      return `\${${p.name}}`
    })
    .join('')
  entry.changed(`made of ${parts.flatMap((p) => (p.type === 'variable' ? [p.name] : [])).join(', ')}`)
  return { name, value: { default: text2, ...secret } }
}

function literal(text: string): EnvInput {
  return text
}

type Variable = Extract<ReturnType<typeof parseInterpolation>[number], { type: 'variable' }>

function single(reading: Reading, name: string, part: Variable, entry: Entry, secret: { secret?: boolean }): EnvInput {
  const options = optionsOf(part, secret)
  if (part.operator === ':+' || part.operator === '+') {
    entry.changed('a value that depends on another one being set became optional')
    return { required: false, ...secret }
  }
  if (part.name !== name) {
    declare(reading, part)
    entry.changed(`the value of ${part.name}`)
    return `\${${part.name}}`
  }
  if (options.default !== undefined && secret.secret && options.default !== '') {
    entry.changed('the default of a secret stays out of the manifest', `landfall env set ${name}`)
    reading.ask(name)
    return { secret: true, required: true }
  }
  if (part.operator === '') entry.changed('compose puts in nothing where it is not set; here it is optional')
  else entry.kept(`env.${name}`)
  if (options.required) reading.ask(name)
  if (options.default !== undefined && Object.keys(options).length === 1) return String(options.default)
  return options
}

function optionsOf(part: Variable, secret: { secret?: boolean }): Options {
  const { operator, argument, name } = part
  if (operator === ':-' || operator === '-') return { default: argument, ...secret }
  if (operator === ':?' || operator === '?') {
    const isSaid = argument !== '' && argument !== `${name} must be set in .env` && argument !== `${name} is required`
    return { required: true, ...secret, ...(isSaid && { about: argument }) }
  }
  return { required: false, ...secret }
}

/** A variable of compose that no service has under that name: a variable of the app. */
function declare(reading: Reading, part: Variable): void {
  const secret = isSecretName(part.name) ? { secret: true } : {}
  const options = optionsOf(part, secret)
  if (options.default !== undefined && secret.secret) delete options.default
  reading.top[part.name] ??= options
  if (options.required) reading.ask(part.name)
}

const SCHEMES: Record<string, string> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  redis: 'redis',
  rediss: 'redis',
  smtp: 'mail',
  smtps: 'mail',
}

/** What Landfall itself gives: addresses of resources and of other components, and what logs in to them. */
function referenceOf(reading: Reading, service: Service, name: string, text: string): EnvInput | undefined {
  const url = /^([a-z+]+):\/\/(?:[^@/]*@)?([\w.-]+)(?::(?:\d+|\$\{[^}]*\}))?(?=[/?]|$)/i.exec(text)
  const [, scheme = '', host = ''] = url ?? []
  const resource = reading.resources.get(host)
  if (url && resource && SCHEMES[scheme.replace(/\+.*$/, '')] === resource.type) return { from: `${resource.name}.url` }
  if (url && resource?.type === 'bucket') return { from: `${resource.name}.endpoint` }
  if (url && /^https?$/.test(scheme) && reading.components.has(host)) {
    return `${scheme}://\${${reading.componentName(host)}.address}${text.slice(url[0].length).replaceAll('$', '$$$$')}`
  }
  const own = reading.resources.get(text)
  if (own && /HOST|SERVER|ADDR|ENDPOINT/i.test(name)) return { from: `${own.name}.host` }
  if (reading.components.has(text) && /HOST|SERVER|ADDR/i.test(name)) return `\${${reading.componentName(text)}.addressHost}`
  // Not by their values alone: what a database is called may well be the name of something else.
  for (const known of reading.needed(service)) {
    const login = reading.logins.get(known.name)
    if (!login) continue
    if (/PORT$/i.test(name) && text === login.port) return { from: `${known.name}.port` }
    if (/USER(NAME)?$/i.test(name) && text === login.user) return { from: `${known.name}.user` }
    if (/PASS(WORD|WD)?$/i.test(name) && text === login.password) return { from: `${known.name}.password` }
    if (/(NAME|DB|DATABASE)$/i.test(name) && text === login.database) return { from: `${known.name}.database` }
  }
  return undefined
}
