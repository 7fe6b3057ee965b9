import type { EnvInput } from '../../manifest/partial.ts'
import type { Entry } from '../../model/target.ts'
import { askedInput, isVariableName, literalInput, RESERVED } from '../../translate/hosted/read-text.ts'
import type { Reading } from './read.ts'

/** What `envVars` may refer to, by the names that Render has. */
export interface Bindings {
  /** Name of a database -> resource. */
  databases: Map<string, string>
  services: Map<string, { name: string; isStore: boolean; entry: Entry }>
  groups: Map<string, Record<string, EnvInput>>
  /** Components with a domain: only they have a name outside. */
  hosts: Set<string>
}

const FIELDS: Record<string, string> = {
  connectionString: 'url',
  connectionPoolString: 'url',
  host: 'host',
  port: 'port',
  user: 'user',
  password: 'password',
  database: 'database',
}

/** A group is given to each service that names it: its variables stand there. */
export function readGroup(reading: Reading, group: Entry): void {
  const said = group.get('name').text() ?? ''
  const env: Record<string, EnvInput> = {}
  for (const item of group.get('envVars').items()) readVariable(reading, item, env, `env of those who take ${said}`)
  group.get('name').changed('its variables stand with those who take them')
  reading.bindings.groups.set(said, env)
}

/** `envVars` of a service, and PORT apart from them. */
export function readEnvVars(reading: Reading, service: Entry, to: string): { env: Record<string, EnvInput>; port?: number } {
  const env: Record<string, EnvInput> = {}
  let port: number | undefined
  for (const item of service.get('envVars').items()) {
    const group = item.get('fromGroup').text()
    if (group !== undefined) {
      const known = reading.bindings.groups.get(group)
      if (known) {
        Object.assign(env, known)
        item.get('fromGroup').changed(`its variables are ${to}`)
      } else
        item
          .get('fromGroup')
          .lost('that group is not in the file', 'it was made in the dashboard: set its variables by `landfall env set`')
      continue
    }
    const number = Number(item.get('value').text())
    if (item.get('key').text() === 'PORT' && Number.isInteger(number) && number > 0 && number < 65_536) {
      port = number
      item.kept('port')
    } else readVariable(reading, item, env, to)
  }
  return { env, ...(port !== undefined && { port }) }
}

function readVariable(reading: Reading, item: Entry, env: Record<string, EnvInput>, to: string): void {
  const key = item.get('key').text() ?? ''
  item.get('previewValue').lost('there are no previews of branches')
  if (key === 'NODE_VERSION' || key === 'PYTHON_VERSION') {
    item.changed('build.runtime')
    return
  }
  if (RESERVED.test(key) || !isVariableName(key)) {
    if (key.startsWith('LANDFALL_')) item.changed('only the entrypoint of an export reads it')
    else item.lost('no variable that could be set')
    return
  }
  const input = inputOf(reading, item, key)
  if (input === undefined) {
    item.lost('nothing in the file has that name', `landfall env set ${key}, or write a reference`)
    env[key] = askedInput(key)
  } else {
    env[key] = input
    item.get('key').kept(`${to}.${key}`)
  }
  if (typeof env[key] === 'object' && env[key].required === true && !('generate' in env[key]))
    reading.steps.set(key, { title: `set ${key}`, commands: [`landfall env set ${key}`] })
}

function inputOf(reading: Reading, item: Entry, key: string): EnvInput | undefined {
  const { databases, services, hosts } = reading.bindings
  if (item.get('generateValue').flag() === true) {
    item.get('generateValue').changed('generate: base64(32)')
    return { secret: true, generate: 'base64(32)' }
  }
  if (item.get('fromDatabase').isThere) {
    const from = item.get('fromDatabase')
    const name = databases.get(from.get('name').text() ?? '')
    const field = FIELDS[from.get('property').text() ?? '']
    if (name === undefined || field === undefined) return undefined
    from.kept(`${name}.${field}`)
    if (from.get('property').text() === 'connectionPoolString')
      from.get('property').changed('there is no pooler: it is the address itself')
    return { from: `${name}.${field}` }
  }
  if (item.get('fromService').isThere) {
    const from = item.get('fromService')
    const other = services.get(from.get('name').text() ?? '')
    if (!other) return undefined
    const property = from.get('property').text() ?? ''
    const inner = from.get('envVarKey').text()
    if (other.isStore) {
      const field = FIELDS[property]
      if (field !== 'url' && field !== 'host' && field !== 'port') return undefined
      from.kept(`${other.name}.${field}`)
      return { from: `${other.name}.${field}` }
    }
    if (inner === 'RENDER_EXTERNAL_URL' || inner === 'RENDER_EXTERNAL_HOSTNAME') {
      if (!hosts.has(other.name)) return undefined
      from.changed('its first route')
      return `\${${other.name}.${inner.endsWith('URL') ? 'url' : 'host'}}`
    }
    if (inner !== undefined) return sameAs(from, other.entry, inner)
    const field = { host: 'addressHost', port: 'port', hostport: 'address' }[property]
    if (field === undefined || !/^(web|pserv)$/.test(other.entry.get('type').text() ?? '')) return undefined
    if (other.entry.get('runtime').text() === 'static' || other.entry.get('env').text() === 'static') return undefined
    from.kept(`${other.name}.${field}`)
    return `\${${other.name}.${field}}`
  }
  if (item.get('value').isThere) {
    const { input, isAsked } = literalInput(key, item.get('value').text() ?? '')
    if (isAsked) item.get('value').changed('a secret stands in the file: it is asked for', `landfall env set ${key}`)
    else item.get('value').kept()
    return input
  }
  item.get('sync').changed('it is asked for', `landfall env set ${key}`)
  return askedInput(key)
}

/** The value that another service has: the same variable, which here all components share by its name. */
function sameAs(from: Entry, other: Entry, key: string): EnvInput | undefined {
  const found = other
    .get('envVars')
    .items()
    .find((i) => i.get('key').text() === key)
  if (!found) return undefined
  from.changed(`the same ${key}: one name is one value here`)
  if (found.get('generateValue').flag() === true) return { secret: true, generate: 'base64(32)' }
  const value = found.get('value').text()
  return value === undefined ? askedInput(key) : literalInput(key, value).input
}
