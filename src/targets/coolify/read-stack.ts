import type { EnvInput, PartialComponent } from '../../manifest/partial.ts'
import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import type { Entry } from '../../model/target.ts'
import { nameOf, type Reading } from './read.ts'
import { commandOf } from './read-commands.ts'

const DATABASES: [RegExp, 'postgres' | 'redis'][] = [
  [/(^|\/)(postgres|postgresql|pgvector|postgis)(:|$|\/)/, 'postgres'],
  [/(^|\/)(redis|valkey|keydb|dragonfly)(:|$)/, 'redis'],
]
const MADE = /^(PASSWORD|PASSWORDWITHSYMBOLS|BASE64|REALBASE64|HEX)(_(\d+))?$/

/** A stack in the words of Compose and Coolify: SERVICE_… are values that Coolify makes, and the same all over the stack. */
export function readStack(reading: Reading, path: string, root: Entry): void {
  const { manifest, because } = reading
  const services = root.get('services').entries()
  const databases = new Map<string, { name: string; type: 'postgres' | 'redis' }>()
  for (const service of services) {
    const image = service.get('image').text() ?? ''
    const type = DATABASES.find(([pattern]) => pattern.test(image.replace(/@.*/, '')))?.[1]
    if (!type || service.get('build').isThere) continue
    const name = nameOf(service.key)
    const version = /:(\d+)/.exec(image)?.[1]
    databases.set(service.key, { name, type })
    manifest.resources = { ...manifest.resources, [name]: { type, ...(version !== undefined && { version: Number(version) }) } }
    because[`resources.${name}`] = `${path}: ${service.key}`
    service.changed('Landfall runs the server itself')
    service.get('image').kept(`resources.${name}`)
  }
  for (const service of services) {
    if (databases.has(service.key)) continue
    const name = nameOf(service.key)
    const component = readService(reading, service, name, databases)
    manifest.components = { ...manifest.components, [name]: component }
    because[`components.${name}`] = `${path}: ${service.key}`
  }
  for (const volume of root.get('volumes').entries()) volume.changed('volumes are named where they are mounted')
  root.get('networks').lost('Coolify makes networks, and so does Landfall')
  root.get('version').changed('Compose looks at it no more')
  root.get('name').changed('the folder names the app')
}

function readService(
  reading: Reading,
  service: Entry,
  name: string,
  databases: Map<string, { name: string; type: string }>,
): PartialComponent {
  const component: PartialComponent = { type: 'worker' }
  const to = `components.${name}`
  const build = service.get('build')
  const context = (build.text() ?? build.get('context').text() ?? '.').replace(/^\.\//, '').replace(/\/+$/, '') || '.'
  component.source = context
  if (build.isThere) (typeof build.value === 'string' ? build : build.get('context')).kept(`${to}.source`)
  build.get('dockerfile').changed('it is read by itself')
  for (const arg of build.get('args').entries()) {
    const text = arg.text() ?? ''
    if (/\$\{/.test(text) || isSecretName(arg.key)) arg.lost('it is said in the dashboard', 'name it under build.env')
    else {
      component.build = { ...component.build, env: { ...component.build?.env, [arg.key]: text } }
      arg.kept(`${to}.build.env.${arg.key}`)
    }
  }
  service.get('image').lost('an image that somebody else builds', 'name the folder with its source')
  const ports = [...service.get('expose').items(), ...service.get('ports').items()]
  for (const entry of ports) {
    const port = Number(/(\d+)(?:\/tcp)?$/.exec(entry.text() ?? entry.get('target').text() ?? '')?.[1])
    if (port > 0 && port < 65_536 && (component.port === undefined || component.port === port)) {
      component.port = port
      component.type = 'web'
      entry.kept(`${to}.port`)
    } else entry.lost('a component has one port')
  }
  if (service.get('ports').isThere)
    service
      .get('ports')
      .finding(
        'warning',
        'W_PUBLISHED_PORT',
        `${service.key} publishes a port on the server, past Coolify’s proxy and most firewalls`,
        'expose, and a domain',
      )
  readEnvironment(reading, service.get('environment'), name, component, databases)
  for (const volume of service.get('volumes').items()) readVolume(reading, volume, component, to)
  const command = service.get('command')
  const text = Array.isArray(command.value)
    ? command
        .items()
        .map((i) => i.text() ?? '')
        .join(' ')
    : command.text()
  const run = text === undefined ? undefined : commandOf(text.replaceAll('$$', '$'))
  if (run !== undefined) {
    component.run = run
    command.kept(`${to}.run`)
  } else command.lost('it needs a shell', `set ${to}.run`)
  for (const need of service.get('depends_on').entries()) readNeed(need, need.key, component, databases)
  for (const need of service.get('depends_on').items())
    if (typeof need.value === 'string') readNeed(need, need.value, component, databases)
  readStop(service, component, to)
  service.get('restart').changed('instances are always started again')
  service.get('healthcheck').lost('it is asked from inside', `set ${to}.health`)
  if (service.get('exclude_from_hc').flag()) {
    component.type = 'job'
    delete component.port
    service.get('exclude_from_hc').kept(`${to}.type`)
  }
  return component
}

function readStop(service: Entry, component: PartialComponent, to: string): void {
  const signal = service.get('stop_signal').text()
  const grace = /^(\d{1,4})s$/.exec(service.get('stop_grace_period').text() ?? '')?.[1]
  const isKnown = /^SIG(TERM|INT|QUIT|HUP|USR1|USR2|WINCH)$/.test(signal ?? '')
  if (isKnown || grace !== undefined)
    component.stop = {
      ...(isKnown && { signal: signal as 'SIGTERM' }),
      ...(grace !== undefined && Number(grace) <= 3600 && { grace: `${grace}s` }),
    }
  if (isKnown) service.get('stop_signal').kept(`${to}.stop.signal`)
  if (grace !== undefined) service.get('stop_grace_period').kept(`${to}.stop.grace`)
  const limits = service.get('deploy', 'resources', 'limits')
  const memory = /^(\d+)\s*(M|MB|Mi|G|GB|Gi)$/i.exec(limits.get('memory').text() ?? '')
  const cpu = Number(limits.get('cpus').text())
  if (memory || cpu > 0)
    component.scale = {
      ...(memory && { memory: `${memory[1]}${/^g/i.test(memory[2] ?? '') ? 'Gi' : 'Mi'}` }),
      ...(cpu > 0 && { cpu }),
    }
  if (memory) limits.get('memory').kept(`${to}.scale.memory`)
  if (cpu > 0) limits.get('cpus').kept(`${to}.scale.cpu`)
}

function readNeed(
  entry: Entry,
  of: string,
  component: PartialComponent,
  databases: Map<string, { name: string; type: string }>,
): void {
  component.needs = [...new Set([...(component.needs ?? []), databases.get(of)?.name ?? nameOf(of)])]
  entry.changed('waited for until it is healthy')
}

function readVolume({ manifest }: Reading, volume: Entry, component: PartialComponent, to: string): void {
  const [source = '', target = ''] = (
    volume.text() ?? `${volume.get('source').text() ?? ''}:${volume.get('target').text() ?? ''}`
  ).split(':')
  if (!/^[A-Za-z][\w.-]*$/.test(source) || !target.startsWith('/')) {
    volume.lost('a folder or file of the server', 'make it a volume, or part of the source')
    return
  }
  const name = nameOf(source)
  manifest.resources = { ...manifest.resources, [name]: { type: 'volume' } }
  component.mounts = { ...(Array.isArray(component.mounts) ? {} : component.mounts), [name]: target }
  volume.kept(`${to}.mounts.${name}`)
}

function readEnvironment(
  reading: Reading,
  environment: Entry,
  name: string,
  component: PartialComponent,
  databases: Map<string, { name: string; type: string }>,
): void {
  const pairs = Array.isArray(environment.value)
    ? environment
        .items()
        .map((entry) => ({ entry, key: (entry.text() ?? '').split('=')[0] ?? '', value: /=(.*)/s.exec(entry.text() ?? '')?.[1] }))
    : environment.entries().map((entry) => ({ entry, key: entry.key, value: entry.value === null ? undefined : entry.text() }))
  for (const { entry, key, value } of pairs) {
    const domain = /^SERVICE_(URL|FQDN)_([A-Z0-9_]+?)(?:_(\d{2,5}))?$/.exec(key)
    if (domain) {
      component.type = 'web'
      if (domain[3] !== undefined) component.port ??= Number(domain[3])
      if (!reading.manifest.routes?.some((r) => r.to === name)) {
        const path = value?.startsWith('/') && value !== '/' ? value.replace(/\/+$/, '') : undefined
        reading.manifest.routes = [
          ...(reading.manifest.routes ?? []),
          { host: `${name}.example`, ...(path && { path }), to: name },
        ]
      }
      entry.changed(`became a route: its domain is in Coolify’s dashboard, and ${name}.example stands for it`)
      continue
    }
    if (!/^[A-Z_a-z]\w*$/.test(key) || /^(PORT|PATH|HOME|NODE_OPTIONS|LD_\w+|LANDFALL_\w+)$/.test(key)) {
      entry.lost('no variable that could be set')
      continue
    }
    const read = magic(key, value, name, databases)
    component.env = { ...component.env, [key]: read.input }
    if (read.how === undefined) entry.kept(`components.${name}.env.${key}`)
    else entry.changed(read.how)
    if (typeof read.input === 'object' && (read.input.secret || read.input.required) && !read.input.generate)
      reading.steps.push({ title: `set ${key}`, commands: [`landfall env set ${key}`] })
  }
}

/** What a value of a stack is in a manifest. */
function magic(
  key: string,
  value: string | undefined,
  name: string,
  databases: Map<string, { name: string; type: string }>,
): { input: EnvInput; how?: string } {
  if (value === undefined) return { input: { required: true }, how: 'it is asked for' }
  const address = /^(postgres(?:ql)?|redis|rediss):\/\/[^/]*@([\w-]+)(?::\d+)?(?:\/|$)/.exec(value)
  const database = databases.get(address?.[2] ?? '')
  if (database) return { input: { from: `${database.name}.url` }, how: 'the address of the resource' }
  const host = databases.get(value)
  if (host) return { input: { from: `${host.name}.host` }, how: 'the host of the resource' }
  const only = /^\$\{?(\w+)(?:(:?[-?])([^}]*))?\}?$/.exec(value)
  const [, variable = '', sign, rest = ''] = only ?? []
  const service = /^SERVICE_(URL|FQDN)_(\w+?)(?:_\d+)?$/.exec(variable)
  if (service) {
    const of = nameOf((service[2] ?? name).toLowerCase())
    return { input: reference(of, service[1] === 'URL' ? 'url' : 'host'), how: 'what the world calls that component' }
  }
  const made = /^SERVICE_(.+?)_([A-Z0-9]+(?:_[A-Z0-9]+)*)$/.exec(variable)
  for (const [service2, { name: db }] of databases) {
    const id = service2.toUpperCase().replace(/\W+/g, '_')
    if (variable === `SERVICE_PASSWORD_${id}`) return { input: { from: `${db}.password` }, how: 'the password of the resource' }
    if (variable === `SERVICE_USER_${id}`) return { input: { from: `${db}.user` }, how: 'the user of the resource' }
  }
  if (made) {
    const kind = MADE.exec(
      /^SERVICE_((?:PASSWORD|PASSWORDWITHSYMBOLS|BASE64|REALBASE64|HEX)(?:_\d+)?)_/.exec(variable)?.[1] ?? '',
    )
    if (kind)
      return {
        input: { secret: true, generate: generateOf(kind[1] ?? '', Number(kind[3] ?? 32)) },
        how: 'made once per environment',
      }
    if (variable.startsWith('SERVICE_USER_')) return { input: { generate: 'password(16)' }, how: 'made once per environment' }
  }
  if (only && sign?.includes('?'))
    return {
      input: { required: true, ...(isSecretName(key) && { secret: true }), ...(rest !== '' && { about: rest }) },
      how: 'it is asked for',
    }
  if (only && sign !== undefined)
    return rest === ''
      ? { input: { required: false, ...(isSecretName(key) && { secret: true }) }, how: 'nobody has to set it' }
      : { input: isSecretName(key) || secretLiteral(rest) ? { secret: true } : rest }
  if (only) return { input: { required: true, ...(isSecretName(key) && { secret: true }) }, how: 'it is asked for' }
  if (isSecretName(key) || secretLiteral(value)) return { input: { secret: true }, how: 'a secret: its value stays behind' }
  if (/\$\{?\w/.test(value.replaceAll('$$', '')))
    return { input: { required: true }, how: 'it is made of values that are not known here' }
  return { input: value.replaceAll('$$', '$').replaceAll('$', '$$$$') }
}

const reference = (of: string, part: string): string => ['$', `{${of}.${part}}`].join('')

function generateOf(kind: string, length: number): string {
  const size = Math.min(256, Math.max(8, length))
  if (kind === 'HEX') return `hex(${Math.max(8, Math.floor(size / 2))})`
  return kind.includes('BASE64') ? `base64(${size})` : `password(${size})`
}
