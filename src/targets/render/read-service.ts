import { posix } from 'node:path'
import { cronProblem } from '../../lib/cron-expression.ts'
import type { PartialComponent } from '../../manifest/partial.ts'
import type { Entry } from '../../model/target.ts'
import { commandsOf, isOurs, nameOf, startOf } from '../../translate/hosted/read-text.ts'
import { WRITTEN_BY } from '../../translate/written-by.ts'
import { memoryOf } from './plans.ts'
import { domainsOf, type Reading } from './read.ts'
import { readEnvVars } from './read-env.ts'
import { RENDER_PORT } from './values.ts'

const INSTALL = /^((\S*\/)?pip3? install|npm (ci|install|i)\b|pnpm (install|i)\b|yarn( install)?$|poetry install|uv sync|uv pip)/
const BUILDABLE = ['package.json', 'requirements.txt', 'pyproject.toml', 'Pipfile', 'index.html']

/** A service as a component. */
export function readService(reading: Reading, service: Entry): void {
  const { manifest, because, bindings, path } = reading
  const known = bindings.services.get(service.get('name').text() ?? '')
  if (!known || known.isStore) return
  const { name } = known
  const to = `components.${name}`
  // `env` is what `runtime` was called.
  const runtime = service.get('runtime').isThere ? service.get('runtime') : service.get('env')
  const isStatic = runtime.text() === 'static' || service.get('type').text() === 'static'
  const type = typeOf(service, isStatic)
  if (!type) {
    service.lost('Landfall has no such service', 'web, worker, cron and static are there')
    return
  }
  const component: PartialComponent = { type }
  service.get('name').kept(to)
  if (service.get('type').text() === 'pserv') service.get('type').kept(`${to}.type: a web without a route`)
  else service.get('type').kept(`${to}.type`)
  const folder = readSource(reading, service, runtime, component)
  const { env, port } = readEnvVars(reading, service, `${to}.env`)
  if (type === 'web') component.port = port ?? RENDER_PORT
  if (type === 'web' && port === undefined)
    service
      .get('type')
      .finding(
        'changed',
        'W_RENDER_PORT',
        `${name} has no PORT of its own: Render gives ${RENDER_PORT}`,
        'port: … says another one',
      )
  if (Object.keys(env).length > 0) component.env = env
  readBuild(service, component, folder, isStatic)
  if (isStatic) readStatic(service, component)
  else readCommands(reading, service, component, folder, name)
  const health = service.get('healthCheckPath')
  if (type === 'web' && /^\/[\x21-\x7e]*$/.test(health.text() ?? '')) {
    component.health = { path: health.text() ?? '/' }
    health.kept(`${to}.health.path`)
  } else health.lost('no path')
  readScale(service, component, type)
  readDisk(reading, service, component, isStatic, name)
  const schedule = service.get('schedule')
  if (type === 'cron' && schedule.isThere && cronProblem(schedule.text() ?? '') === undefined) {
    component.schedule = schedule.text() ?? ''
    schedule.kept(`${to}.schedule`)
  } else schedule.lost('no five fields')
  for (const domain of domainsOf(service)) {
    const host = domain.text() ?? ''
    if ((type !== 'web' && type !== 'static') || !/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)) {
      domain.lost('no host that could lead there')
      continue
    }
    manifest.routes = [...(manifest.routes ?? []), { host, to: name }]
    domain.kept('routes')
  }
  readRest(service)
  manifest.components = { ...manifest.components, [name]: component }
  because[to] = `${path}: service ${service.get('name').text()}`
}

function typeOf(service: Entry, isStatic: boolean): PartialComponent['type'] | undefined {
  const type = service.get('type').text()
  if (isStatic) return 'static'
  if (type === 'web' || type === 'pserv') return 'web'
  return type === 'worker' || type === 'cron' ? type : undefined
}

/** Where its source lies; the folder is that of the component. */
function readSource({ context }: Reading, service: Entry, runtime: Entry, component: PartialComponent): string {
  const root = inside(service.get('rootDir').text()) ?? '.'
  const kind = runtime.text()
  for (const key of ['repo', 'branch'] as const) service.get(key).changed('the sources are here')
  service.get('buildSource').lost('what several services share is not known here')
  service.get('registryCredential').lost('the engine logs in to registries')
  if (kind === 'image') {
    const url = service.get('image', 'url')
    if (url.text()) {
      component.source = { image: url.text() ?? '' }
      url.kept('source.image')
    }
    runtime.kept('source.image')
    service.get('image', 'creds').lost('the engine logs in to registries')
    return '.'
  }
  if (kind === 'docker' || kind === undefined) {
    const said = service.get('dockerfilePath')
    const from = service.get('dockerContext')
    const file = posix.join(root, inside(said.text()) ?? 'Dockerfile')
    const folder = posix.join(root, inside(from.text()) ?? '.').replace(/\/$/, '')
    const text = context.files.text(file)
    const isOwn = text?.includes(WRITTEN_BY) === true
    const inFolder = posix.relative(folder, file)
    runtime.changed('a Dockerfile, or the builder that knows the same')
    from.kept('source')
    service.get('rootDir').kept('source')
    const place = isOwn ? folder : posix.dirname(file)
    if (isOwn || BUILDABLE.some((name) => context.files.names.has(posix.join(place, name)))) {
      if (place !== '.') component.source = place
      said.changed(isOwn ? 'an export had written it; the builder knows the same' : 'a builder of Landfall builds the folder')
      return place
    }
    if (inFolder.startsWith('..')) {
      component.source = folder
      said.lost('it lies outside of the folder that is built', 'move it into that folder')
      return folder
    }
    component.source = { dockerfile: inFolder, ...(folder !== '.' && { folder }) }
    said.kept('source.dockerfile')
    return folder
  }
  if (root !== '.') component.source = root
  service.get('rootDir').kept('source')
  if (kind === 'node' || kind === 'python') {
    component.build = { type: kind }
    runtime.kept('build.type')
  } else if (kind === 'static') runtime.kept('type')
  else {
    runtime.lost(`there is no builder for ${kind}`, 'build: { type: command, command: … }')
  }
  return root
}

/** A path from the repository's root; undefined where it leads out of it. */
function inside(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  const plain = posix.normalize(path.replace(/^\/+/, '') || '.').replace(/\/$/, '')
  return plain.startsWith('..') || /[^\w@+./ -]/.test(plain) ? undefined : plain
}

function readBuild(service: Entry, component: PartialComponent, folder: string, isStatic: boolean): void {
  const entry = service.get('buildCommand')
  const commands = commandsOf(entry.text()?.replace(/\((cd [^()]+)\)/g, '$1'), folder)
  service.get('buildFilter').changed('what changed is found out by its content')
  if (!entry.isThere) return
  if (isOurs(entry.text()) || !commands) {
    entry.lost('it needs a shell, or holds a secret', 'put it into a script, and name that as build.command')
    return
  }
  const installs = commands.filter((c) => INSTALL.test(c))
  const others = commands.filter((c) => !INSTALL.test(c))
  const moves = others.filter((c) => c.startsWith('cd '))
  const [command, ...more] = others.filter((c) => !c.startsWith('cd '))
  const folders = moves.map((m) => m.slice(3))
  if (more.length > 0 || new Set(folders).size > 1) {
    entry.lost('a builder takes one command besides the install', 'put them into a script, and name that as build.command')
    return
  }
  const usual = installs.filter(
    (c) => !/^(npm (ci|install)|pip3? install -r requirements\.txt|pnpm install|yarn)( --\S+)*$/.test(c),
  )
  if (command !== undefined) component.build = { ...component.build, command }
  if (usual.length === 1 && !isStatic && component.build?.type) component.build = { ...component.build, install: usual[0] ?? '' }
  if (folders[0] !== undefined) component.build = { ...component.build, workspace: folders[0] }
  entry.changed('build; the builder knows the usual install')
}

function readStatic(service: Entry, component: PartialComponent): void {
  const output = inside(service.get('staticPublishPath').text())
  const hasBuild = component.build?.command !== undefined
  if (output !== undefined && output !== '.') {
    const workspace = component.build?.workspace
    const own = workspace !== undefined && output.startsWith(`${workspace}/`) ? output.slice(workspace.length + 1) : output
    if (hasBuild) component.build = { ...component.build, output: own }
    else component.source = posix.join(typeof component.source === 'string' ? component.source : '.', output)
    service.get('staticPublishPath').kept(hasBuild ? 'build.output' : 'source')
  } else service.get('staticPublishPath').kept('source')
  const serve: NonNullable<PartialComponent['serve']> = {}
  for (const route of service.get('routes').items()) {
    const [kind, source, destination] = ['type', 'source', 'destination'].map((k) => route.get(k).text() ?? '')
    if (kind === 'rewrite' && source === '/*' && destination === '/index.html') {
      serve.spa = true
      route.kept('serve.spa')
    } else if (
      kind === 'redirect' &&
      isPath(source) &&
      (isPath(destination) || /^https?:\/\/[\x21-\x7e]+$/.test(destination ?? ''))
    ) {
      serve.redirects = [...(serve.redirects ?? []), { from: source ?? '/', to: destination ?? '/', status: 301 }]
      route.kept('serve.redirects')
    } else if (kind === 'rewrite' && /^https?:/.test(destination ?? ''))
      route.lost('the edge leads paths to components of the app', 'routes: - { host: …, path: /api, to: api }')
    else route.lost('paths with a * or a : in them are not known here')
  }
  for (const header of service.get('headers').items()) {
    const isLong = /cache-control/i.test(header.get('name').text() ?? '') && /immutable/.test(header.get('value').text() ?? '')
    const path = header.get('path').text() ?? ''
    if (isLong && /^\/[\w./*-]+$/.test(path)) {
      serve.immutable = [...(serve.immutable ?? []), path.slice(1).replace(/(^|\/)\*$/, '$1**')]
      header.kept('serve.immutable')
    } else header.lost('the edge adds no headers but those of its own')
  }
  if (Object.keys(serve).length > 0) component.serve = serve
  for (const key of ['startCommand', 'preDeployCommand'] as const) service.get(key).lost('files run nothing')
}

const isPath = (text: string | undefined): boolean => /^\/(?!\/)[\x21-\x7e]*$/.test(text ?? '') && !/[*:]/.test(text ?? '')

function readCommands(reading: Reading, service: Entry, component: PartialComponent, folder: string, name: string): void {
  const to = `components.${name}`
  for (const key of ['startCommand', 'dockerCommand'] as const) {
    const entry = service.get(key)
    if (!entry.isThere) continue
    const start = startOf(entry.text(), folder, reading.context.files)
    if (!start?.run) {
      entry.lost('it needs a shell, or holds a secret', 'put it into a script')
      continue
    }
    component.run = start.run
    if (start.release.length > 0) component.release = [...(component.release ?? []), ...start.release]
    if (start.script !== undefined) {
      const left = start.left.length > 0 ? `; not taken over: ${start.left.slice(0, 4).join(' · ')}` : ''
      entry.finding(
        'changed',
        'W_START_SCRIPT',
        `${start.script} becomes run and release${left}`,
        'anything else belongs under `release`',
      )
    }
    entry.changed(`${to}.run: no shell starts it`)
  }
  const before = service.get('preDeployCommand')
  const steps = commandsOf(before.text(), folder)
  if (isOurs(before.text())) before.changed('an export had written it: the release stands in its folder landfall/')
  else if (steps) {
    component.release = [...(component.release ?? []), ...steps]
    before.kept(`${to}.release`)
  } else before.lost('it needs a shell, or holds a secret', 'put it into a script')
  const once = service.get('initialDeployHook')
  const first = commandsOf(once.text(), folder)
  if (first) {
    component.bootstrap = first
    once.kept(`${to}.bootstrap`)
  } else once.lost('it needs a shell, or holds a secret', 'put it into a script')
}

function readScale(service: Entry, component: PartialComponent, type: PartialComponent['type']): void {
  const scale: NonNullable<PartialComponent['scale']> = {}
  const plan = service.get('plan')
  const memory = memoryOf(plan.text() ?? '')
  if (memory !== undefined && type !== 'static') {
    scale.memory = `${memory}Mi`
    plan.changed(`scale.memory: ${memory}Mi is what it has`)
  } else plan.lost('no plan whose size is known')
  if (plan.text() === 'free')
    plan.finding('warning', 'W_COLD_START', 'a free service sleeps after 15 minutes without a visitor; here it does not sleep')
  const count = service.get('numInstances').isThere ? service.get('numInstances') : service.get('scaling', 'minInstances')
  const number = count.number()
  if (service.get('disk').isThere && number !== 1) count.lost('a volume of one writer has one instance')
  else if (
    number !== undefined &&
    Number.isInteger(number) &&
    number >= 1 &&
    number <= 50 &&
    type !== 'static' &&
    type !== 'cron'
  ) {
    scale.instances = number
    count.kept('scale.instances')
  } else count.lost('no number of instances from 1 to 50')
  for (const key of ['maxInstances', 'targetCPUPercent', 'targetMemoryPercent'] as const)
    service.get('scaling', key).lost('nothing here adds instances by itself')
  if (Object.keys(scale).length > 0) component.scale = scale
  const grace = service.get('maxShutdownDelaySeconds')
  const seconds = grace.number()
  if (seconds !== undefined && seconds >= 1 && seconds <= 300 && type !== 'static') {
    component.stop = { grace: `${seconds}s` }
    grace.kept('stop.grace')
  } else grace.lost('no time from 1 to 300 seconds')
}

function readDisk(reading: Reading, service: Entry, component: PartialComponent, isStatic: boolean, name: string): void {
  const disk = service.get('disk')
  if (!disk.isThere) return
  const path = disk.get('mountPath').text() ?? ''
  if (isStatic || !/^\/[\w./-]+$/.test(path) || path.includes('..')) {
    disk.lost('no folder that it could be mounted at')
    return
  }
  const wanted = nameOf(disk.get('name').text(), 'data')
  const taken = reading.manifest.resources ?? {}
  const volume = Object.hasOwn(taken, wanted) ? nameOf(`${name}-${wanted}`) : wanted
  const size = disk.get('sizeGB').number()
  const hasSize = size !== undefined && Number.isInteger(size) && size > 0 && size < 65_536
  reading.manifest.resources = { ...taken, [volume]: { type: 'volume', ...(hasSize && { size: `${size}Gi` }) } }
  component.mounts = { [volume]: path }
  for (const key of ['name', 'mountPath', 'sizeGB'] as const) disk.get(key).kept(`resources.${volume}`)
}

function readRest(service: Entry): void {
  for (const key of ['region', 'previewPlan', 'pullRequestPreviewsEnabled', 'previews'] as const)
    service.get(key).lost('there is one machine, and there are no previews')
  for (const key of ['autoDeploy', 'autoDeployTrigger'] as const)
    service.get(key).lost('nothing deploys by itself', '`landfall export github-actions` writes a pipeline')
  service.get('maintenanceMode').lost('the edge has no page for it')
  service.get('ipAllowList').lost('the edge lets everybody in')
  service.get('renderSubdomainPolicy').changed('only routes lead to it')
}
