import { posix } from 'node:path'
import type { PartialComponent } from '../../manifest/partial.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry } from '../../model/target.ts'
import { WRITTEN_BY } from '../../translate/written-by.ts'
import { withDefaults } from './interpolation.ts'
import { all, pick, type Service } from './project.ts'
import { manifestWords, wordsOf } from './read-command.ts'
import { readEnvironment } from './read-env.ts'
import { durationOf, readHealth } from './read-health.ts'
import { common } from './read-resources.ts'
import type { Reading } from './reading.ts'

export interface ReadService {
  component: PartialComponent
  /** Volumes that it mounts, by their name in compose. */
  volumes: string[]
}

/** A service that is the app's own, as a component. */
export function readService(reading: Reading, service: Service): ReadService {
  const component: PartialComponent = {}
  const name = reading.componentName(service.name)
  if (name !== service.name)
    service.layers.at(-1)?.finding('changed', 'W_COMPOSE_NAME', `the service ${service.name} became ${name}`)
  const ports = readPorts(service)
  const { health, port: probed } = readHealth(service)
  const port = ports ?? probed ?? portVariable(service) ?? reading.upstreamPorts.get(service.name)
  component.type = isStatic(reading, service)
    ? 'static'
    : port !== undefined || all(service, 'labels').some(hasRoute)
      ? 'web'
      : 'worker'
  readSource(reading, service, component)
  const run = readRun(service)
  if (run && component.type !== 'static') component.run = run
  if (port !== undefined && component.type === 'web') component.port = port
  if (health && component.type !== 'static') component.health = health
  const env = readEnvironment(reading, service)
  if (Object.keys(env).length > 0) component.env = env
  const volumes = readVolumes(reading, service, component)
  readSecrets(reading, service, component)
  readScale(service, component)
  readStop(service, component)
  const user = pick(service, 'user')
  if (user.isThere) {
    component.user = withDefaults(user.text() ?? '').text
    user.kept(`components.${name}.user`)
  }
  restOf(service)
  common(service)
  return { component, volumes }
}

const hasRoute = (labels: Entry) => /traefik\.http\.routers|"caddy"/.test(JSON.stringify(labels.value ?? ''))

/** The first port of the container that is published or exposed. */
function readPorts(service: Service): number | undefined {
  let found: number | undefined
  for (const key of ['ports', 'expose']) {
    for (const item of all(service, key).flatMap((e) => e.items())) {
      const text = withDefaults(item.text() ?? item.get('target').text() ?? '').text
      const port = Number(/(\d+)(?:-\d+)?(?:\/tcp)?$/.exec(text)?.[1])
      if (!Number.isInteger(port) || port < 1 || port > 65_535 || /\/udp$/.test(text)) {
        item.lost('the edge carries HTTP, and this is something else', 'give it an address of its own outside of Landfall')
        continue
      }
      if (found !== undefined && found !== port)
        item.lost(`a component has one port, and ${found} is taken`, 'make a second component of it')
      else if (key === 'expose') item.kept('port')
      else item.changed('reached through its route; on this machine every host gets a port of its own')
      found ??= port
    }
  }
  return found
}

function portVariable(service: Service): number | undefined {
  for (const environment of all(service, 'environment').toReversed()) {
    const listed = Array.isArray(environment.value)
      ? environment
          .items()
          .map((e) => e.text() ?? '')
          .find((t) => t.startsWith('PORT='))
      : undefined
    const text = withDefaults(listed?.slice(5) ?? environment.get('PORT').text() ?? '').text
    if (/^\d{2,5}$/.test(text)) return Number(text)
  }
  return undefined
}

function isStatic(reading: Reading, service: Service): boolean {
  const file = dockerfileText(reading, service)
  return file?.includes(WRITTEN_BY) === true && /^FROM nginx/m.test(file)
}

function dockerfileText(reading: Reading, service: Service): string | undefined {
  const build = pick(service, 'build')
  if (!build.isThere) return undefined
  const { path, file } = placeOf(service, build)
  return reading.context.files.text(posix.join(path, file))
}

function placeOf(service: Service, build: Entry): { path: string; file: string } {
  const context = withDefaults(build.text() ?? build.get('context').text() ?? '.').text
  return {
    path: posix.join(service.folder, context).replace(/\/+$/, '') || '.',
    file: withDefaults(build.get('dockerfile').text() ?? 'Dockerfile').text,
  }
}

function readSource(reading: Reading, service: Service, component: PartialComponent): void {
  const build = pick(service, 'build')
  const image = pick(service, 'image')
  if (!build.isThere) {
    const text = withDefaults(image.text() ?? '')
    component.source = { image: text.text }
    if (text.isPlain) image.kept('source.image')
    else image.changed(`${text.text}: variables in the name of an image are not asked for`)
    return
  }
  image.changed('the name that was given to what is built; Landfall has its own')
  const { path, file } = placeOf(service, build)
  const to = build.get('context').isThere ? build.get('context') : build
  const text = reading.context.files.text(posix.join(path, file))
  if (path.startsWith('..') || /^(https?:|git@|git:)/.test(path)) {
    to.lost('sources lie in the folder of landfall.yaml', 'move landfall.yaml above them, or clone them into the folder')
  } else if (text?.includes(WRITTEN_BY)) {
    if (path !== '.') component.source = path
    if (build.get('context').isThere) to.kept('source')
    build.get('dockerfile').changed('an export had written it; the builder knows the same')
  } else if (isBuildable(reading, path) && reading.context.options.dockerfile !== 'keep') {
    if (path !== '.') component.source = path
    to.kept('source')
    build
      .get('dockerfile')
      .changed('a builder of Landfall builds the folder', '--option dockerfile=keep keeps it, for an engine that runs containers')
  } else {
    const isInside = !posix.normalize(file).startsWith('..')
    component.source = isInside ? { dockerfile: file, ...(path !== '.' && { folder: path }) } : path
    to.kept('source.folder')
    if (isInside) build.get('dockerfile').kept('source.dockerfile')
    else build.get('dockerfile').lost('it lies outside of the folder that is built', 'move it into that folder')
  }
  const inline = build.get('dockerfile_inline')
  inline.lost('a Dockerfile stands in a file of its own', 'write it into a file, and name that')
  const target = build.get('target')
  target.lost('a Dockerfile is built to its end', 'make the stage that is wanted the last one, or a file of its own')
  const args = build.get('args')
  const list = Array.isArray(args.value)
    ? args.items().map((e) => ({ e, pair: (e.text() ?? '').split(/=(.*)/s) }))
    : args.entries().map((e) => ({ e, pair: [e.key, e.text() ?? ''] }))
  const into: Record<string, string> = {}
  for (const { e, pair } of list) {
    const [name = '', value = ''] = pair
    const plain = withDefaults(value)
    if (!/^[A-Za-z_]\w*$/.test(name)) e.lost('this is no name that a variable can have')
    else if (/SECRET|PASSWORD|TOKEN|PRIVATE/i.test(name))
      e.lost('a secret in an argument stands in the image for everybody to read', 'let the program read it when it starts')
    else {
      into[name] = plain.text.replaceAll('$', '$$$$')
      if (plain.isPlain) e.kept('build.args')
      else e.changed(`its default, ${plain.text === '' ? 'nothing' : plain.text}`)
    }
  }
  if (Object.keys(into).length > 0) component.build = { ...component.build, args: into }
  for (const key of build.entries())
    if (
      [
        'cache_from',
        'cache_to',
        'no_cache',
        'pull',
        'labels',
        'platforms',
        'shm_size',
        'network',
        'tags',
        'provenance',
        'sbom',
      ].includes(key.key)
    )
      key.lost('a build has no such setting')
  build.get('ssh').lost('builds have no keys of the person who started them')
  build.get('secrets').lost('builds get no secrets')
  build.get('additional_contexts').lost('a build has one folder')
}

const MANIFESTS = ['package.json', 'requirements.txt', 'pyproject.toml', 'Pipfile', 'index.html']

/** Whether a builder would know what to do with a folder. */
function isBuildable(reading: Reading, path: string): boolean {
  return MANIFESTS.some((name) => reading.context.files.names.has(posix.join(path, name)))
}

function readRun(service: Service): string[] | undefined {
  const entry = pick(service, 'entrypoint')
  const command = pick(service, 'command')
  const first = wordsOf(entry)
  const rest = wordsOf(command)
  const isExact = (e: Entry, words: string[] | undefined) =>
    words !== undefined && Array.isArray(e.value) && e.items().every((i) => withDefaults(i.text() ?? '').isPlain)
  if (first) entry.changed('the first words of `run`')
  else entry.changed('there is none, so `run` is the whole command')
  if (rest) {
    if (!first && (isExact(command, rest) || (typeof command.value === 'string' && rest[0] !== 'sh'))) command.kept('run')
    else command.changed(`run: ${[...(first ?? []), ...rest].join(' ').slice(0, 100)}`)
  } else command.changed('the image knows its command')
  const words = [...(first ?? []), ...(rest ?? [])]
  return words.length > 0 ? manifestWords(words) : undefined
}

function readVolumes(reading: Reading, service: Service, component: PartialComponent): string[] {
  const mounts: Record<string, string> = {}
  const names: string[] = []
  for (const item of all(service, 'volumes').flatMap((e) => e.items())) {
    const text = item.text()
    const [source, target = '', mode = ''] =
      text === undefined
        ? [item.get('source').text(), item.get('target').text() ?? '', item.get('read_only').flag() ? 'ro' : '']
        : splitVolume(withDefaults(text).text)
    const kind = item.get('type').text()
    if (kind === 'tmpfs' || kind === 'npipe' || kind === 'cluster')
      item.lost('instances have a scratch folder of their own in TMPDIR')
    else if (source === undefined || source === '')
      item.lost(
        `a volume without a name holds ${target} away from the source`,
        /node_modules|\.venv|\.next/.test(target)
          ? 'nothing needs to be done: what is built stays inside'
          : 'give it a name, if it is to be kept',
      )
    else if (/^[./~]|^[A-Za-z]:\\/.test(source) || kind === 'bind') {
      if (/docker\.sock/.test(source)) {
        item.lost('whoever has the socket of Docker is root on the machine', 'let a program outside of the app do it')
        item.finding(
          'warning',
          'W_COMPOSE_DANGER',
          `${service.name} mounts the socket of Docker`,
          'whoever has it is root on the machine',
        )
      } else if (mode.includes('ro') || /\.\w+$/.test(source))
        item.lost(`${source} is a file of the machine`, 'put it into the source, where a build takes it along')
      else item.lost(`${source} is a folder of the machine`, 'for code: the source is built; for data: a resource of type volume')
    } else {
      const name = reading.volumeName(source)
      mounts[name] = target
      names.push(source)
      if (mode.includes('ro')) item.changed('it can be written to here')
      else item.kept(`mounts.${name}`)
    }
  }
  if (Object.keys(mounts).length > 0 && component.type !== 'static') component.mounts = mounts
  for (const tmpfs of all(service, 'tmpfs')) tmpfs.lost('instances have a scratch folder of their own in TMPDIR')
  return names
}

/** `src:dst[:mode]`; a single path is a volume without a name. */
function splitVolume(text: string): [string | undefined, string, string] {
  const [first = '', second, mode = ''] = text.split(/:(?!\\)/)
  return second === undefined ? [undefined, first, ''] : [first, second, mode]
}

function readSecrets(reading: Reading, service: Service, component: PartialComponent): void {
  const delivered = new Set(
    Object.values(component.env ?? {}).flatMap((v) =>
      typeof v === 'object' && 'delivery' in v && typeof v.delivery === 'object' ? [v.delivery.file] : [],
    ),
  )
  for (const item of all(service, 'secrets').flatMap((e) => e.items())) {
    const source = item.text() ?? item.get('source').text() ?? ''
    const target = item.get('target').text() ?? source
    if (delivered.has(target)) {
      item.changed('a variable that is delivered as a file')
      continue
    }
    const name = source.toUpperCase().replace(/\W+/g, '_')
    component.env = { ...component.env, [name]: { secret: true, required: true, delivery: { file: target } } }
    reading.ask(name)
    item.changed(`env.${name}: the file's path stands in ${name}_FILE, no longer at /run/secrets/${target}`)
  }
  for (const item of all(service, 'configs').flatMap((e) => e.items()))
    item.lost('a file beside the source is no part of what is built', 'put it into the source')
}

function readScale(service: Service, component: PartialComponent): void {
  const scale: NonNullable<PartialComponent['scale']> = {}
  const deploy = pick(service, 'deploy')
  const instances = deploy.get('replicas').isThere ? deploy.get('replicas') : pick(service, 'scale')
  const count = instances.number()
  if (count !== undefined && Number.isInteger(count) && count >= 0 && count <= 50) {
    scale.instances = count
    instances.kept('scale.instances')
  } else instances.lost('this is no number of instances from 0 to 50')
  const memory = deploy.get('resources', 'limits', 'memory').isThere
    ? deploy.get('resources', 'limits', 'memory')
    : pick(service, 'mem_limit')
  const mib = mebibytes(memory.text())
  if (mib !== undefined) {
    scale.memory = mib % 1024 === 0 ? `${mib / 1024}Gi` : `${mib}Mi`
    memory.kept('scale.memory')
  } else memory.lost('this is no size from 16 MiB on')
  const cpu = deploy.get('resources', 'limits', 'cpus').isThere
    ? deploy.get('resources', 'limits', 'cpus')
    : pick(service, 'cpus')
  const cpus = Number(withDefaults(cpu.text() ?? '').text)
  if (cpu.isThere && cpus >= 0.05 && cpus <= 64) {
    scale.cpu = cpus
    cpu.kept('scale.cpu')
  } else cpu.lost('this is no number of processors')
  deploy.get('resources', 'reservations').lost('nothing is set aside for an instance')
  deploy.get('resources', 'limits', 'pids').lost('processes are not counted')
  deploy.get('restart_policy').changed('Landfall restarts what ends, with growing pauses')
  deploy.get('update_config').changed('a release starts the new beside the old, and switches when it is healthy')
  deploy.get('rollback_config').changed('`landfall rollback` goes back')
  for (const key of ['placement', 'endpoint_mode', 'labels', 'mode']) deploy.get(key).lost('there is one machine')
  for (const key of ['mem_reservation', 'memswap_limit', 'pids_limit', 'cpu_shares', 'cpuset', 'mem_swappiness', 'oom_score_adj'])
    for (const entry of all(service, key)) entry.lost('instances have limits of memory and processors alone')
  if (Object.keys(scale).length > 0 && component.type !== 'static') component.scale = scale
}

/** `512m`, `1.5g`, `768M`, bytes. */
function mebibytes(text: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(withDefaults(text ?? '').text)
  if (!match) return undefined
  const factor =
    { '': 1 / 1024 / 1024, b: 1 / 1024 / 1024, k: 1 / 1024, m: 1, g: 1024, t: 1024 * 1024 }[(match[2] ?? '').toLowerCase()] ?? 1
  const mib = Math.round(Number(match[1]) * factor)
  return mib >= 16 && mib <= 1024 * 1024 ? mib : undefined
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const

function readStop(service: Service, component: PartialComponent): void {
  const signal = pick(service, 'stop_signal')
  const grace = pick(service, 'stop_grace_period')
  const name = SIGNALS.find((s) => s === signal.text() || s === `SIG${signal.text() ?? ''}`)
  const time = durationOf(grace.text())
  const stop = { ...(name && { signal: name }), ...(time && { grace: time }) }
  if (name) signal.kept('stop.signal')
  else signal.lost(`no signal that asks a program to end`)
  if (time) grace.kept('stop.grace')
  else grace.lost('no time of at least 100 ms')
  if (Object.keys(stop).length > 0 && component.type !== 'static') component.stop = stop
}

function restOf(service: Service): void {
  for (const entry of all(service, 'restart')) {
    if (entry.text() === 'always' || entry.text() === 'unless-stopped') entry.kept('what ends is started again')
    else entry.changed('what ends is started again, whatever it ended with')
  }
  for (const entry of all(service, 'working_dir')) entry.changed('commands start in the folder of what was built')
  for (const entry of all(service, 'read_only')) entry.changed('what was built cannot be written to anyway')
  for (const entry of all(service, 'security_opt')) entry.lost('instances run under a user of their own')
  for (const entry of all(service, 'cap_drop')) entry.changed('instances run under a user of their own, without rights of root')
  for (const entry of all(service, 'ulimits')) entry.lost('instances have the limits of the machine')
  for (const entry of all(service, 'sysctls')) entry.lost('instances have the settings of the machine')
  for (const entry of all(service, 'extra_hosts')) entry.lost('names are asked of the machine', 'put it into /etc/hosts')
  for (const entry of all(service, 'dns')) entry.lost('names are asked of the machine')
  for (const key of ['post_start', 'pre_stop'])
    for (const entry of all(service, key))
      entry.lost('instances have no such hooks', 'let the program do it when it starts or is asked to end')
  for (const entry of all(service, 'env_file')) if (entry.items().length === 0) entry.kept()
}

/** A plain name for a task. */
export function taskName(service: string, of: string): string {
  const short = service.startsWith(`${of}-`) ? service.slice(of.length + 1) : service
  return nameFrom(short, 'task')
}
