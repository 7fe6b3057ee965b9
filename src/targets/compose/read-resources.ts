import type { Entry } from '../../model/target.ts'
import { withDefaults } from './interpolation.ts'
import { all, pick, type Service } from './project.ts'
import type { Login, Reading } from './reading.ts'

const KINDS: [RegExp, string][] = [
  [/^(?:.*\/)?(?:postgres|postgresql|postgis|pgvector|timescaledb(?:-ha)?)$/, 'postgres'],
  [/^(?:.*\/)?(?:redis|valkey|keydb|redis-stack-server)$/, 'redis'],
  [/^(?:.*\/)?(?:mailpit|mailhog|maildev|smtp4dev)$/, 'mail'],
  [/^(?:.*\/)?(?:minio)$/, 'bucket'],
]
const MAJORS = ['14', '15', '16', '17', '18']

/** The type of resource that a service's image is; undefined where it is an app's own. */
export function resourceType(service: Service): string | undefined {
  if (all(service, 'build').length > 0) return undefined
  const image = withDefaults(service.layers.at(-1)?.get('image').text() ?? all(service, 'image').at(-1)?.text() ?? '').text
  const name = image.replace(/@.*$/, '').replace(/:[^/]*$/, '')
  return KINDS.find(([pattern]) => pattern.test(name))?.[1]
}

/** A database, cache, mailbox or bucket: what Landfall runs itself has its options, and everything else is told. */
export function readResource(reading: Reading, service: Service, type: string): Record<string, unknown> {
  const name = reading.resources.get(service.name)?.name ?? service.name
  const image = pick(service, 'image')
  const text = withDefaults(image.text() ?? '').text
  const options: Record<string, unknown> = { type }
  const major = /:(?:v|pg|latest-pg)?(\d+(?:\.\d+)?)/.exec(text)?.[1]
  if (type === 'postgres') {
    const wanted = major?.split('.')[0]
    if (wanted && MAJORS.includes(wanted)) {
      options.version = Number(wanted)
      image.changed(`PostgreSQL ${wanted}, the server itself`)
    } else
      image.changed(
        wanted
          ? `PostgreSQL in the version that Landfall has; ${wanted} is none of ${MAJORS.join(', ')}`
          : 'PostgreSQL in the version that Landfall has',
      )
    if (/postgis|timescale|pgvector/.test(text))
      image.finding(
        'warning',
        'W_COMPOSE_EXTENSION',
        `${service.name} is PostgreSQL with an extension that Landfall's own has not`,
        `resources: { ${name}: { type: postgres, url: { env: DATABASE_URL } } }`,
      )
    postgresCommand(service, options)
  } else if (type === 'redis') {
    if (major && /redis/.test(text)) options.version = major
    image.changed("the machine's own Redis or Valkey")
    redisCommand(service, options)
  } else
    image.changed(
      type === 'mail'
        ? "Landfall's own mailbox, which `landfall mail list` shows"
        : "Landfall's own bucket, an S3 of this machine",
    )
  loginOf(reading, service, type)
  restOf(service, name)
  return options
}

/** `-c max_connections=50` and the like. */
function postgresCommand(service: Service, options: Record<string, unknown>): void {
  const command = pick(service, 'command')
  const text = Array.isArray(command.value)
    ? command
        .items()
        .map((i) => i.text() ?? '')
        .join(' ')
    : (command.text() ?? '')
  const settings = [...text.matchAll(/(?:-c|--)\s*([a-z_]+)=(\S+)/g)]
  const known: string[] = []
  for (const [, name = '', value = ''] of settings) {
    const size = /^(\d+)(MB|GB)$/.exec(value)
    if (name === 'max_connections' && /^\d+$/.test(value) && Number(value) >= 10 && Number(value) <= 1000)
      options.connections = Number(value)
    else if (name === 'shared_buffers' && size) options.sharedBuffers = `${size[1]}${size[2] === 'GB' ? 'Gi' : 'Mi'}`
    else continue
    known.push(name)
  }
  if (known.length === settings.length) command.changed(`as options: ${known.join(', ')}`)
  else
    command.lost(
      `of these settings Landfall's PostgreSQL has ${known.join(', ') || 'none'}`,
      'docs/resources names those that can be given',
    )
}

function redisCommand(service: Service, options: Record<string, unknown>): void {
  const command = pick(service, 'command')
  const words = Array.isArray(command.value) ? command.items().map((i) => i.text() ?? '') : (command.text() ?? '').split(/\s+/)
  const after = (flag: string) => (words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined)
  const memory = /^(\d+)(mb|gb)$/i.exec(after('--maxmemory') ?? '')
  if (after('--appendonly') === 'no') options.persistence = 'none'
  if (after('--appendonly') === 'yes') options.persistence = 'aof'
  if (memory) options.maxMemory = `${memory[1]}${memory[2]?.toLowerCase() === 'gb' ? 'Gi' : 'Mi'}`
  command.changed(
    `as options: ${Object.entries(options)
      .map(([k, v]) => `${k} ${String(v)}`)
      .join(', ')}`,
  )
  if (words.includes('--requirepass'))
    command.finding('changed', 'W_COMPOSE_PASSWORD', `the password of ${service.name} is Landfall's own`)
}

/** What logs in, as texts of the file: other services are given the same. */
function loginOf(reading: Reading, service: Service, type: string): void {
  const login: Login = { port: { postgres: '5432', redis: '6379', mail: '1025', bucket: '9000' }[type] ?? '' }
  for (const environment of all(service, 'environment')) {
    const list = Array.isArray(environment.value)
      ? environment.items().map((entry) => ({ entry, pair: (entry.text() ?? '').split(/=(.*)/s) }))
      : environment.entries().map((entry) => ({ entry, pair: [entry.key, entry.text() ?? ''] }))
    for (const { entry, pair } of list) {
      const [name = '', text = ''] = pair
      if (name === 'POSTGRES_USER' || name === 'MINIO_ROOT_USER') login.user = text
      else if (name === 'POSTGRES_DB') login.database = text
      else if (/^(POSTGRES_PASSWORD(?:_FILE)?|MINIO_ROOT_PASSWORD|REDIS_PASSWORD)$/.test(name)) login.password = text
      else {
        if (name.startsWith('POSTGRES_INITDB') || name === 'PGDATA') entry.changed('Landfall makes the data folder itself')
        else entry.lost('Landfall starts the server with settings of its own')
        continue
      }
      entry.changed('Landfall makes the login; components get it through `from`')
    }
  }
  login.database ??= login.user
  const found = reading.resources.get(service.name)
  if (found) reading.logins.set(found.name, login)
}

/** Everything else of a resource's service. */
function restOf(service: Service, name: string): void {
  const say = (key: string, tell: (entry: Entry) => void) => {
    for (const entry of all(service, key)) tell(entry)
  }
  for (const list of all(service, 'volumes')) {
    for (const volume of list.items()) {
      const text = volume.text() ?? ''
      if (text.includes('docker-entrypoint-initdb.d'))
        volume.lost('scripts of the first start are not run', 'make a release step of them')
      else if (/\.conf\b|\.cnf\b/.test(text))
        volume.lost('a configuration file of the server', 'its options stand in docs/resources')
      else volume.changed(`${name} keeps its data in a volume of its own`, 'data that is there moves by dump and restore')
    }
  }
  say('ports', (e) => e.changed('it is reached through `from`, and by the world not at all'))
  say('expose', (e) => e.changed('it is reached through `from`'))
  say('healthcheck', (e) => e.changed('Landfall logs in, to know that it is ready'))
  say('restart', (e) => e.changed('Landfall restarts what ends'))
  say('env_file', (e) => e.changed('Landfall makes the login; components get it through `from`'))
  say('secrets', (e) => e.changed('Landfall makes the password'))
  say('profiles', (e) => e.changed('a resource is there for all of the app'))
  say('depends_on', (e) => e.changed('resources come before components'))
  say('stop_signal', (e) => e.changed('Landfall stops its servers in their own way'))
  say('stop_grace_period', (e) => e.changed('Landfall stops its servers in their own way'))
  say('shm_size', (e) => e.lost('servers of Landfall have the memory of the machine'))
  const known = ['redis', 'postgres'].includes(resourceType(service) ?? '')
  say('command', (e) =>
    known
      ? undefined
      : e.lost('Landfall starts the server with settings of its own', `docs/resources names those that can be given`),
  )
  common(service)
}

/** Keys that are told in the same way whatever the service is. */
export function common(service: Service): void {
  const say = (key: string, tell: (entry: Entry) => void) => {
    for (const entry of all(service, key)) tell(entry)
  }
  say('networks', (e) => e.changed('components of an app reach each other, and no other app'))
  say('container_name', (e) => e.changed('instances have names of their own'))
  say('hostname', (e) => e.changed('components are reached by their address in references'))
  say('init', (e) => e.changed('every instance has an init of its own'))
  say('tty', (e) => e.lost('nothing is attached to an instance', 'landfall exec'))
  say('stdin_open', (e) => e.lost('nothing is attached to an instance', 'landfall exec'))
  say('logging', (e) => e.lost('Landfall keeps the last lines of every instance itself', 'landfall logs'))
  say('platform', (e) => e.lost('it is built for the machine that it runs on'))
  say('pull_policy', (e) => e.lost('images are pulled where they are missing'))
  say('develop', (e) => e.lost('compose watches files while one develops'))
  const danger = (key: string, why: string, hint: string) =>
    say(key, (e) => {
      if (e.value === false) return e.kept()
      e.lost(why, hint)
      e.finding('warning', 'W_COMPOSE_DANGER', `${service.name}: ${key}: ${why}`, hint)
    })
  danger(
    'privileged',
    'a privileged container is as good as root on the machine',
    'name the one capability that it needs, and look for a way without',
  )
  danger(
    'network_mode',
    'it shares the network of the machine or of another container',
    'reach other components by their address in references',
  )
  danger('pid', 'it sees the processes of the machine', 'leave it out')
  danger('ipc', 'it shares memory with others', 'leave it out')
  danger('links', 'links are from before networks, and do nothing that names do not', 'use the name of the service')
  danger('external_links', 'it reaches containers of other projects', 'give their address as a variable')
  danger('volumes_from', 'it takes all volumes of another container', 'mount what is needed, by name')
  danger('cap_add', 'it has rights of root that instances have not', 'look for a way without')
  danger('devices', 'it has devices of the machine', 'run it on the machine itself')
  danger('userns_mode', 'it is root outside of its container too', 'leave it out')
}
