import { ENV_KEY, reservedBecause } from '../../manifest/names.ts'
import type { EnvInput } from '../../manifest/partial.ts'
import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import type { Entry } from '../../model/target.ts'
import { literal, named, putEnv, type Reading, templateOf } from './reading.ts'

/** Variables of a container: of `envFrom` first, then its own, which win. */
export function readEnv(reading: Reading, container: Entry): Record<string, EnvInput> {
  const env: Record<string, EnvInput> = {}
  for (const from of container.get('envFrom').items()) readFrom(reading, from, env)
  const listed = container.get('env').items()
  const names = new Set(listed.map((e) => e.get('name').text() ?? ''))
  /** Passwords that are there to be put into others: by name, the resource. */
  const helpers = new Map<string, string>()
  for (const entry of listed) {
    const name = entry.get('name').text() ?? ''
    const own = /^([A-Z0-9_]+)_SERVER_PASSWORD$/.exec(name)?.[1]
    const resource =
      own === undefined ? undefined : [...reading.servers.values()].find((r) => r.toUpperCase().replace(/\W/g, '_') === own)
    if (resource !== undefined) {
      helpers.set(name, resource)
      entry.changed(`a part of the address of ${resource}`)
      continue
    }
    if (name === 'LANDFALL_PREPARE') {
      entry.changed('Landfall releases by itself')
      continue
    }
    if (!isName(entry, name)) continue
    const value = readOne(reading, entry, name, (n) => names.has(n) && !helpers.has(n))
    if (value !== undefined) putEnv(env, name, value)
  }
  return env
}

function readFrom(reading: Reading, from: Entry, env: Record<string, EnvInput>): void {
  const prefix = from.get('prefix').text() ?? ''
  const map = from.get('configMapRef', 'name').text()
  const secret = from.get('secretRef', 'name').text()
  const found =
    map !== undefined ? named(reading, 'ConfigMap', map) : secret === undefined ? undefined : named(reading, 'Secret', secret)
  if (!found) {
    from.lost('which variables it has stands in none of these files', 'kubectl describe names them')
    return
  }
  from.changed('its variables are those of the component')
  for (const entry of [...found.root.get('data').entries(), ...found.root.get('stringData').entries()]) {
    const name = `${prefix}${entry.key}`
    if (!isName(entry, name)) continue
    if (map !== undefined) putEnv(env, name, plain(reading, entry, name, entry.text() ?? '', literal))
    else {
      entry.changed('a secret: its value stays out of the manifest', `landfall env set ${name}`)
      reading.asked.add(name)
      putEnv(env, name, { secret: true, required: true })
    }
  }
}

function readOne(reading: Reading, entry: Entry, name: string, isKnown: (name: string) => boolean): EnvInput | undefined {
  const value = entry.get('value')
  const from = entry.get('valueFrom')
  entry.get('name').kept(`env.${name}`)
  if (value.isThere || !from.isThere) {
    return plain(reading, value, name, value.text() ?? '', (text) =>
      templateOf(text, (n) => (isKnown(n) ? `\${${n}}` : undefined)),
    )
  }
  const secret = from.get('secretKeyRef')
  if (secret.isThere) {
    const database = databaseOf(reading, secret)
    if (database !== undefined) {
      secret.changed(`Landfall gives it: ${database}`)
      return { from: database }
    }
    const key = secret.get('key').text()
    secret.get('name').changed('stored by Landfall', `landfall env set ${name}`)
    if (key === name) secret.get('key').kept(`env.${name}`)
    else secret.get('key').changed(`stored as ${name}`)
    secret.get('optional').kept(`env.${name}.required`)
    const isOptional = secret.get('optional').flag() === true
    if (!isOptional) reading.asked.add(name)
    return { secret: true, required: !isOptional }
  }
  const ref = from.get('configMapKeyRef')
  const found = named(reading, 'ConfigMap', ref.get('name').text() ?? '')?.root.get('data', ref.get('key').text() ?? '')
  if (found?.text() !== undefined) {
    ref.changed('the text that stands there')
    return plain(reading, found, name, found.text() ?? '', literal)
  }
  from.lost(ref.isThere ? 'the ConfigMap with its value stands in none of these files' : 'only a cluster knows it')
  return { required: ref.get('optional').flag() !== true && ref.isThere }
}

/** A key of the Secret of a database: that of CloudNativePG, or the password of one of its own. */
function databaseOf(reading: Reading, secret: Entry): string | undefined {
  const name = secret.get('name').text() ?? ''
  const cluster = reading.servers.get(name.replace(/-app$/, ''))
  const field = {
    uri: 'url',
    host: 'host',
    port: 'port',
    user: 'user',
    username: 'user',
    password: 'password',
    dbname: 'database',
  }[secret.get('key').text() ?? '']
  if (cluster !== undefined && field !== undefined && name.endsWith('-app')) return `${cluster}.${field}`
  const own = [...new Set(reading.servers.values())].find((r) => name.endsWith(`-${r}`))
  return own !== undefined && secret.get('key').text() === 'password' && reading.manifest.resources?.[own]?.type === 'postgres'
    ? `${own}.password`
    : undefined
}

const SCHEMES = /^(?:postgres(?:ql)?(?:\+\w+)?|rediss?):\/\/(?:[^@/]*@)?([\w-]+)(?:\.[\w.-]+)?(?::\d+)?(?=[/?]|$)/

function plain(reading: Reading, entry: Entry, name: string, text: string, asTemplate: (text: string) => string): EnvInput {
  const server = reading.servers.get(SCHEMES.exec(text)?.[1] ?? '')
  if (server !== undefined) {
    entry.changed(`Landfall gives it: ${server}.url`)
    return { from: `${server}.url` }
  }
  const host = reading.servers.get(text)
  if (host !== undefined && /HOST|SERVER|ADDR/i.test(name)) {
    entry.changed(`Landfall gives it: ${host}.host`)
    return { from: `${host}.host` }
  }
  const [whole = '', service = ''] = /^https?:\/\/([\w-]+)(?:\.[\w-]+\.svc[\w.]*)?(?::\d+)?(?=[/?]|$)/.exec(text) ?? []
  const other = reading.services.get(service)
  if (other !== undefined) {
    entry.changed(`the address of ${other}`)
    return `http://\${${other}.address}${asTemplate(text.slice(whole.length))}`
  }
  if ((isSecretName(name) && text !== '') || secretLiteral(text) !== undefined) {
    entry.changed('a secret: its value stays out of the manifest', `landfall env set ${name}`)
    reading.asked.add(name)
    return { secret: true, required: true }
  }
  const made = asTemplate(text)
  if (/\$\{/.test(made.replaceAll('$$', ''))) entry.changed('put together of variables')
  else entry.kept(`env.${name}`)
  return made
}

function isName(entry: Entry, name: string): boolean {
  const reserved = reservedBecause(name)
  if (reserved) entry.changed(`left out: it ${reserved.because}`, reserved.hint)
  else if (!ENV_KEY.test(name) || name === '__proto__') entry.lost('no variable can have this name')
  else return true
  return false
}
