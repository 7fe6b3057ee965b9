import { posix } from 'node:path'
import { cronProblem } from '../../lib/cron-expression.ts'
import type { EnvInput, PartialComponent } from '../../manifest/partial.ts'
import { isSecretName } from '../../manifest/secret-words.ts'
import type { Entry } from '../../model/target.ts'
import {
  askedInput,
  commandOf,
  commandsOf,
  isOurs,
  isVariableName,
  literalInput,
  RESERVED,
  startOf,
} from '../../translate/hosted/read-text.ts'
import { WRITTEN_BY } from '../../translate/written-by.ts'
import { CALL, NAME } from './parse-iac.ts'
import type { Reading } from './read.ts'
import { fieldOf } from './values.ts'

const BUILDABLE = ['package.json', 'requirements.txt', 'pyproject.toml', 'Pipfile', 'index.html']

/** `service(name, { … })` as a component. */
export function readIacService(reading: Reading, call: Entry): void {
  const { manifest, because, path } = reading
  const said = call.get('args', 0).text() ?? ''
  const name = reading.components.get(said)
  const component = name === undefined ? undefined : manifest.components?.[name]
  if (name === undefined || !component) return
  const to = `components.${name}`
  because[to] = `${path}: service ${said}`
  call.get(CALL).kept(to)
  call.get('args', 0).kept(to)
  const options = call.get('args', 1)
  const deploy = options.get('deploy')
  const cron = deploy.get('cronSchedule')
  component.type = cron.isThere && cronProblem(cron.text() ?? '') === undefined ? 'cron' : 'worker'
  if (component.type === 'cron') {
    component.schedule = cron.text() ?? ''
    cron.kept(`${to}.schedule`)
  } else cron.lost('no five fields')
  const { folder, isStatic } = readSource(reading, options, component)
  const port = options.get('env', 'PORT')
  const domains = options.get('domains').items()
  const domainPort = domains.map((d) => d.get('port').number()).find((p) => p !== undefined)
  const number = Number(port.text() ?? domainPort ?? (options.get('healthcheck').isThere || domains.length > 0 ? 8080 : 0))
  if (component.type === 'worker' && Number.isInteger(number) && number > 0 && number < 65_536) {
    component.type = isStatic ? 'static' : 'web'
    if (!isStatic) component.port = number
  }
  port.kept(`${to}.port`)
  for (const domain of domains) readDomain(reading, domain, component, name)
  readStart(reading, options, component, folder, ['start', 'startCommand', 'preDeploy', 'preDeployCommand'])
  readHealth(options.get('healthcheck'), options.get('healthcheckTimeout'), component)
  readDeploy(deploy, options.get('replicas'), component)
  readVolumes(reading, options.get('volumeMounts'), component)
  reading.later.push(() => readEnv(reading, options.get('env'), component))
  for (const key of ['watchPatterns', 'tcp', 'group', 'regions', 'networking'] as const)
    options.get(key).lost('Landfall has nothing of that kind')
}

function readSource({ context }: Reading, options: Entry, component: PartialComponent): { folder: string; isStatic: boolean } {
  const source = options.get('source')
  const kind = source.get(CALL).text()
  source.get(CALL).changed('the sources are here')
  if (kind === 'image' && source.get('args', 0).text()) {
    component.source = { image: source.get('args', 0).text() ?? '' }
    source.get('args', 0).kept('source.image')
    return { folder: '.', isStatic: false }
  }
  source.get('args', 0).changed('the sources are here')
  source.get('args', 1, 'branch').changed('the sources are here')
  const root = source.get('args', 1, 'rootDirectory')
  root.kept('source')
  return readBuild(context, options.get('build'), folderOf(root.text()), component)
}

export const folderOf = (text: string | undefined): string => {
  const plain = posix.normalize((text ?? '.').replace(/^\/+/, '') || '.').replace(/\/$/, '')
  return plain.startsWith('..') || /[^\w@+./ -]/.test(plain) ? '.' : plain
}

/** Builder and Dockerfile; `root` is the folder that Railway fetches. */
export function readBuild(
  context: Reading['context'],
  build: Entry,
  root: string,
  component: PartialComponent,
): { folder: string; isStatic: boolean } {
  const said = build.get('dockerfilePath')
  const file = posix.join(root, folderOf(said.text() ?? 'Dockerfile'))
  const hasFile = said.isThere || build.get('builder').text()?.toUpperCase() === 'DOCKERFILE'
  const text = hasFile ? context.files.text(file) : undefined
  const isOwn = text?.includes(WRITTEN_BY) === true
  const folder = hasFile && !isOwn ? posix.dirname(file) : root
  build.get('builder').changed('a builder of Landfall')
  for (const key of ['railpackVersion', 'nixpacksConfigPath', 'nixpacksPlan', 'nixpacksVersion', 'buildEnvironment'] as const)
    build.get(key).lost('builders are Landfall’s own')
  build.get('watchPatterns').changed('what changed is found out by its content')
  const command = build.get('buildCommand')
  const run = commandOf(command.text())
  if (run !== undefined && !hasFile) {
    component.build = { command: run }
    command.kept('build.command')
  } else command.lost('it needs a shell, or holds a secret', 'put it into a script, and name that as build.command')
  if (!hasFile || isOwn || BUILDABLE.some((n) => context.files.names.has(posix.join(folder, n)))) {
    if (folder !== '.') component.source = folder
    said.changed(isOwn ? 'an export had written it; the builder knows the same' : 'a builder of Landfall builds the folder')
  } else {
    component.source = { dockerfile: posix.relative(root, file), ...(root !== '.' && { folder: root }) }
    said.kept('source.dockerfile')
  }
  return { folder, isStatic: isOwn && /^FROM nginx/m.test(text ?? '') }
}

function readDomain({ manifest }: Reading, domain: Entry, component: PartialComponent, name: string): void {
  const said = domain.get('domain').isThere ? domain.get('domain') : domain
  const host = said.text() ?? ''
  domain.get('port').changed('its own port')
  if ((component.type !== 'web' && component.type !== 'static') || !/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)) {
    said.lost('no host that could lead there')
    return
  }
  manifest.routes = [...(manifest.routes ?? []), { host, to: name }]
  said.kept('routes')
}

/** Start command and what runs before it; `keys` are their names in this file. */
export function readStart(reading: Reading, options: Entry, component: PartialComponent, folder: string, keys: string[]): void {
  for (const key of keys) {
    const entry = options.get(key)
    if (!entry.isThere || entry.value === null) {
      entry.changed('there is none')
      continue
    }
    if (key.startsWith('pre')) {
      const texts = entry.items().map((i) => i.text() ?? '')
      const steps = texts.map((t) => commandsOf(t, folder))
      if (texts.some((t) => isOurs(t))) entry.changed('an export had written it: the release stands in its folder landfall/')
      else if (steps.length > 0 && steps.every((s) => s !== undefined) && component.type !== 'static') {
        component.release = [...(component.release ?? []), ...steps.flat()]
        entry.kept('release')
      } else entry.lost('it needs a shell, or holds a secret', 'put it into a script')
      continue
    }
    const start = startOf(entry.text(), folder, reading.context.files)
    if (!start?.run || component.type === 'static') {
      entry.lost('it needs a shell, or holds a secret', 'put it into a script')
      continue
    }
    component.run = start.run
    if (start.release.length > 0) component.release = [...start.release, ...(component.release ?? [])]
    entry.changed('run: no shell starts it')
  }
}

export function readHealth(path: Entry, timeout: Entry, component: PartialComponent): void {
  const seconds = timeout.number()
  const hasGrace = seconds !== undefined && Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600
  if (component.type !== 'web' || !/^\/[\x21-\x7e]*$/.test(path.text() ?? '')) {
    path.lost('no path of a component that answers')
    timeout.lost('no path of a component that answers')
    return
  }
  component.health = { path: path.text() ?? '/', ...(hasGrace && { grace: `${seconds}s` }) }
  path.kept('health.path')
  if (hasGrace) timeout.kept('health.grace')
  else timeout.lost('no time up to an hour')
}

export function readDeploy(deploy: Entry, replicas: Entry, component: PartialComponent): void {
  const scale: NonNullable<PartialComponent['scale']> = {}
  const count = replicas.number()
  const isService = component.type === 'web' || component.type === 'worker'
  if (isService && count !== undefined && Number.isInteger(count) && count >= 1 && count <= 50) {
    scale.instances = count
    replicas.kept('scale.instances')
  } else replicas.lost('no number of instances from 1 to 50', 'scale: { instances: … }')
  const containers = deploy.get('limitOverride', 'containers')
  const bytes = containers.get('memoryBytes').number()
  const size = bytes === undefined ? 0 : Math.round(bytes / 1024 ** 2)
  const cpu = containers.get('cpu').number()
  if (component.type !== 'static' && size >= 16 && size < 10_000_000) {
    scale.memory = size % 1024 === 0 ? `${size / 1024}Gi` : `${size}Mi`
    containers.get('memoryBytes').kept('scale.memory')
  } else containers.get('memoryBytes').lost('no size from 16 MiB on')
  if (component.type !== 'static' && cpu !== undefined && cpu >= 0.05 && cpu <= 64) {
    scale.cpu = cpu
    containers.get('cpu').kept('scale.cpu')
  } else containers.get('cpu').lost('no number of processors')
  if (Object.keys(scale).length > 0) component.scale = scale
  const grace = deploy.get('drainingSeconds')
  const seconds = grace.number()
  if (component.type !== 'static' && seconds !== undefined && Number.isInteger(seconds) && seconds >= 0 && seconds <= 3600) {
    component.stop = { grace: `${seconds}s` }
    grace.kept('stop.grace')
  } else grace.lost('no time up to an hour')
  for (const key of ['restartPolicyType', 'restartPolicyMaxRetries'] as const)
    deploy.get(key).changed('Landfall restarts what ends, with growing pauses')
  deploy.get('overlapSeconds').changed('a release starts the new beside the old')
  for (const key of [
    'region',
    'multiRegionConfig',
    'sleepApplication',
    'runtime',
    'requiredMountPath',
    'registryCredentials',
  ] as const)
    deploy.get(key).lost('there is one machine')
}

function readVolumes({ resources, manifest }: Reading, mounts: Entry, component: PartialComponent): void {
  for (const mount of mounts.entries()) {
    const known = resources.get(mount.get(NAME).text() ?? '')
    const isPath = /^\/[\w./-]+$/.test(mount.key) && !mount.key.includes('..')
    if (known?.type !== 'volume' || !isPath || component.type === 'static' || component.type === undefined) {
      mount.lost('no volume that is known, or no folder')
      continue
    }
    component.mounts = { ...(Array.isArray(component.mounts) ? {} : component.mounts), [known.name]: mount.key }
    if (Number(component.scale?.instances ?? 1) > 1) {
      const there = manifest.resources?.[known.name]
      if (there) manifest.resources = { ...manifest.resources, [known.name]: { ...there, writers: 'many' } }
    }
    mount.kept(`mounts.${known.name}`)
  }
}

function readEnv(reading: Reading, all: Entry, component: PartialComponent): void {
  const env: Record<string, EnvInput> = {}
  for (const entry of all.entries()) {
    const name = entry.key
    if (name === 'PORT') continue
    if (/^(LANDFALL_|RAILWAY_)/.test(name)) entry.changed('Railway or the entrypoint of an export reads it')
    else if (!isVariableName(name) || RESERVED.test(name)) entry.lost('no variable that could be set')
    else env[name] = inputOf(reading, entry, name)
    const input = env[name]
    if (typeof input === 'object' && input.required === true)
      reading.steps.set(name, { title: `set ${name}`, commands: [`landfall env set ${name}`] })
  }
  if (component.type !== 'static' && Object.keys(env).length > 0) component.env = env
}

function inputOf(reading: Reading, entry: Entry, name: string): EnvInput {
  const asks = (call: string | undefined, member: string | undefined) =>
    call === 'preserve' || member?.startsWith('ctx.shared.') === true
  if (asks(entry.get(CALL).text(), entry.get(NAME).text())) {
    entry.kept(`env.${name}: it is asked for`)
    return askedInput(name)
  }
  if (entry.get(CALL).text()?.endsWith('randomString')) {
    entry.changed('generate: hex(32)')
    return { secret: true, generate: 'hex(32)' }
  }
  const [owner, , variable] = /^(\w+)\.env\.(\w+)$/.exec(entry.get(NAME).text() ?? '')
    ? (entry.get(NAME).text() ?? '').split('.')
    : []
  if (owner !== undefined && variable !== undefined) {
    const said = referenceOf(reading, owner, variable)
    if (said !== undefined) {
      entry.changed(said)
      return reading.resources.has(owner) ? { from: said } : `\${${said}}`
    }
  }
  const value = entry.get('value').isThere ? entry.get('value') : entry
  const text = typeof value.value === 'string' || typeof value.value === 'number' ? value.text() : undefined
  if (text === undefined) {
    entry.lost('it is no literal, and nothing of the file is run', `landfall env set ${name}`)
    return askedInput(name)
  }
  for (const key of ['isSealed', 'isOptional', 'defaultValue', 'description', 'generator'] as const)
    entry.get(key).changed('said in the manifest’s own way')
  if (entry.get('isSealed').flag() === true || !text.includes('${{')) {
    const { input, isAsked } = entry.get('isSealed').flag() === true ? { input: SEALED, isAsked: true } : literalInput(name, text)
    if (isAsked) value.changed('a secret stands in the file: it is asked for', `landfall env set ${name}`)
    else value.kept(`env.${name}`)
    return input
  }
  const said = withReferences(reading, text)
  if (said === undefined || (isSecretName(name) && /:[^/@\s$]{3,}@/.test(text))) {
    entry.lost('it refers to what is not known here', `landfall env set ${name}, or write a reference`)
    return askedInput(name)
  }
  const [, only] = /^\$\{([\w-]+\.\w+)\}$/.exec(said) ?? []
  value.changed(only ?? 'put together of references')
  return only !== undefined ? { from: only } : said
}

const SEALED: EnvInput = { secret: true, required: true }
const TOKEN = /\$\{\{([^}]*)\}\}/g
function withReferences(reading: Reading, text: string): string | undefined {
  let isKnown = true
  const parts = text.split(TOKEN).map((part, i) => {
    if (i % 2 === 0) return part.replaceAll('$', '$$$$')
    const [owner = '', variable = ''] = part.trim().split('.')
    const said = referenceOf(reading, owner, variable)
    if (said === undefined) isKnown = false
    return `\${${said ?? ''}}`
  })
  return isKnown ? parts.join('') : undefined
}

function referenceOf({ resources, components, manifest }: Reading, owner: string, variable: string): string | undefined {
  const known = resources.get(owner)
  if (known) {
    const field = known.type === 'volume' ? undefined : fieldOf(known.type, variable)
    return field === undefined ? undefined : `${known.name}.${field}`
  }
  const name = components.get(owner)
  const component = name === undefined ? undefined : manifest.components?.[name]
  if (!component) return undefined
  if (variable === 'RAILWAY_PRIVATE_DOMAIN' && component.type === 'web') return `${name}.addressHost`
  if (variable === 'PORT' && component.type === 'web') return `${name}.port`
  if (variable === 'RAILWAY_PUBLIC_DOMAIN' && manifest.routes?.some((r) => r.to === name)) return `${name}.host`
  return undefined
}
