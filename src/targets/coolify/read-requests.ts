import type { EnvInput, PartialComponent } from '../../manifest/partial.ts'
import type { Entry } from '../../model/target.ts'
import { nameOf, type Reading } from './read.ts'
import { commandOf } from './read-commands.ts'

/** coolify.json, as it is written by an export: each call is a resource, an application or something of one. */
export function readRequests(reading: Reading, path: string, root: Entry): void {
  const { manifest, because } = reading
  const databases = new Map<string, string>()
  const applications = new Map<string, { name: string; component: PartialComponent }>()
  root.get('$comment').kept()
  root.get('base').kept()
  for (const request of root.get('requests').items()) {
    const body = request.get('body')
    const at = request.get('path').text() ?? ''
    for (const key of ['about', 'method', 'path', 'saves', 'when'] as const) request.get(key).changed('how the call is made')
    const variable = request.get('saves').entries()[0]?.key ?? ''
    if (at === '/projects') {
      manifest.app = nameOf(body.get('name').text() ?? reading.context.folderName)
      body.get('name').kept('app')
    } else if (at.endsWith('/environments'))
      body.get('name').changed('environments are named in the manifest', 'environments: { … }')
    else if (at === '/databases/postgresql' || at === '/databases/redis') {
      const name = plainName(body.get('name').text(), manifest.app)
      readDatabase(reading, body, at.endsWith('redis') ? 'redis' : 'postgres', name)
      databases.set(variable.replace(/_UUID$/, ''), name)
    } else if (at.startsWith('/applications/') && body.get('build_pack').isThere) {
      const name = plainName(body.get('name').text(), manifest.app)
      const component = readApplication(reading, body, name)
      manifest.components = { ...manifest.components, [name]: component }
      applications.set(variable, { name, component })
      because[`components.${name}`] = `${path}: application ${name}`
    } else {
      const application = applications.get(/^\/applications\/\{\{(\w+)\}\}/.exec(at)?.[1] ?? '')
      if (application && at.includes('/envs')) readEnvs(reading, body, application, databases)
      else if (application && at.endsWith('/storages')) readStorage(reading, body, application.component)
      else if (application && at.endsWith('/scheduled-tasks')) readTask(reading, body, application)
      else if (at.endsWith('/backups')) body.changed('backups are made by Landfall', 'backup: { every: 1d, keep: 30d }')
      else body.lost('no call that is known here')
    }
  }
}

function plainName(name: string | undefined, app: string | undefined): string {
  return nameOf((name ?? '').replace(new RegExp(`^${app ?? '\\0'}-`), ''))
}

function readDatabase({ manifest }: Reading, body: Entry, type: 'postgres' | 'redis', name: string): void {
  const version = /:(\d+)/.exec(body.get('image').text() ?? '')?.[1]
  manifest.resources = { ...manifest.resources, [name]: { type, ...(version !== undefined && { version: Number(version) }) } }
  body.get('image').kept(`resources.${name}.version`)
  body.get('name').kept(`resources.${name}`)
  for (const key of [
    'project_uuid',
    'server_uuid',
    'environment_name',
    'is_public',
    'instant_deploy',
    'postgres_user',
    'postgres_db',
    'postgres_password',
    'redis_password',
  ] as const) {
    body.get(key).changed('Landfall has its own')
  }
}

function readApplication({ manifest }: Reading, body: Entry, name: string): PartialComponent {
  const component: PartialComponent = { type: 'worker' }
  const to = `components.${name}`
  const folder = (body.get('base_directory').text() ?? '/').replace(/^\/+|\/+$/g, '')
  component.source = folder === '' ? '.' : folder
  body.get('base_directory').kept(`${to}.source`)
  const port = Number(/^\d+/.exec(body.get('ports_exposes').text() ?? '')?.[0])
  const domains = (body.get('domains').text() ?? '').split(',').filter(Boolean)
  const isWeb = domains.length > 0 || body.get('health_check_enabled').flag() === true
  if (isWeb) component.type = 'web'
  if (port > 0 && port < 65_536) {
    if (isWeb) component.port = port
    body.get('ports_exposes').kept(`${to}.port`)
  } else body.get('ports_exposes').lost('no port')
  for (const domain of domains) {
    const [, host, path] = /^https?:\/\/([a-z0-9.-]+)(?::\d+)?(\/[^\s,]*)?$/.exec(domain) ?? []
    if (host?.includes('.')) manifest.routes = [...(manifest.routes ?? []), { host, ...(path && { path }), to: name }]
  }
  body.get('domains').kept('routes')
  if (body.get('health_check_enabled').flag() && body.get('health_check_path').isThere) {
    const every = body.get('health_check_interval').number()
    component.health = {
      path: body.get('health_check_path').text() ?? '/',
      ...(every !== undefined && every > 0 && { every: `${every}s` }),
    }
  }
  for (const key of ['health_check_enabled', 'health_check_path', 'health_check_interval'] as const)
    body.get(key).kept(`${to}.health`)
  for (const key of ['health_check_port', 'health_check_timeout', 'health_check_retries', 'health_check_start_period'] as const)
    body.get(key).changed('how long it may take is `grace`')
  const memory = /^(\d+)m$/.exec(body.get('limits_memory').text() ?? '')?.[1]
  const cpus = Number(body.get('limits_cpus').text())
  if (memory !== undefined || cpus > 0)
    component.scale = { ...(memory !== undefined && { memory: `${memory}Mi` }), ...(cpus > 0 && { cpu: cpus }) }
  for (const key of ['limits_memory', 'limits_cpus'] as const) body.get(key).kept(`${to}.scale`)
  const grace = body.get('stop_grace_period').number()
  if (grace !== undefined && grace >= 0 && grace <= 3600) component.stop = { grace: `${grace}s` }
  body.get('stop_grace_period').kept(`${to}.stop.grace`)
  const run = commandOf(body.get('start_command').text() ?? '')
  if (run !== undefined) {
    component.run = run
    body.get('start_command').changed(`became ${to}.run: no shell starts it`)
  }
  for (const key of ['project_uuid', 'server_uuid', 'environment_name', 'name', 'instant_deploy'] as const)
    body.get(key).changed('how Coolify orders things')
  for (const key of ['git_repository', 'git_branch', 'dockerfile_location', 'build_pack'] as const)
    body.get(key).changed('the sources are here', 'the Dockerfile is read by itself')
  return component
}

/** Values that the script would put in are those of a database, of a person, or made. */
function readEnvs(
  reading: Reading,
  body: Entry,
  { name, component }: { name: string; component: PartialComponent },
  databases: Map<string, string>,
): void {
  for (const item of body.get('data').items()) {
    const key = item.get('key').text() ?? ''
    const value = item.get('value').text() ?? ''
    const to = `components.${name}.env.${key}`
    for (const flag of ['is_literal', 'is_multiline', 'is_shown_once', 'is_runtime', 'is_buildtime'] as const)
      item.get(flag).changed('who sees it and when')
    if (!/^[A-Z_a-z]\w*$/.test(key) || /^(PORT|PATH|HOME|NODE_OPTIONS|LD_\w+|LANDFALL_\w+)$/.test(key)) {
      item.lost('no variable that could be set')
      continue
    }
    const isSecret = item.get('is_shown_once').flag() === true
    const about = item.get('comment').text()
    const said = isSecret ? undefined : envOf(value, databases)
    const input: EnvInput = said ?? (isSecret ? { secret: true } : { required: true })
    const full: EnvInput =
      about !== undefined && about !== '' ? { ...(typeof input === 'object' ? input : { default: input }), about } : input
    if (item.get('is_runtime').flag() === false && item.get('is_buildtime').flag() === true)
      component.build = { ...component.build, env: { ...component.build?.env, ...(typeof said === 'string' && { [key]: said }) } }
    else component.env = { ...component.env, [key]: full }
    item.get('key').kept(to)
    item.get('comment').kept(to)
    if (said !== undefined) item.get('value').kept(to)
    else item.get('value').changed('it is asked for', `landfall env set ${key}`)
    if (said === undefined) reading.steps.push({ title: `set ${key}`, commands: [`landfall env set ${key}`] })
  }
}

function envOf(value: string, databases: Map<string, string>): EnvInput | undefined {
  const only = /^\{\{(\w+)_(URL|UUID|PASSWORD)\}\}$/.exec(value)
  const name = databases.get(only?.[1] ?? '')
  if (name !== undefined)
    return { from: `${name}.${{ URL: 'url', UUID: 'host', PASSWORD: 'password' }[only?.[2] ?? ''] ?? 'url'}` }
  return value.includes('{{') ? undefined : value.replaceAll('$', '$$$$')
}

function readStorage({ manifest }: Reading, body: Entry, component: PartialComponent): void {
  const name = nameOf(body.get('name').text() ?? 'data')
  const path = body.get('mount_path').text() ?? ''
  if (body.get('type').text() !== 'persistent' || !path.startsWith('/')) {
    body.lost('a file of the dashboard', 'put it into the source')
    return
  }
  manifest.resources = { ...manifest.resources, [name]: { type: 'volume' } }
  component.mounts = { ...(Array.isArray(component.mounts) ? {} : component.mounts), [name]: path }
  body.kept(`resources.${name}`)
}

function readTask({ manifest }: Reading, body: Entry, { name, component }: { name: string; component: PartialComponent }): void {
  const task = nameOf(body.get('name').text() ?? '')
  const command = (body.get('command').text() ?? '').replace(/^env LANDFALL_PREPARE=no \/bin\/sh \/landfall\/entrypoint\.sh /, '')
  const run = commandOf(command)
  const schedule = body.get('frequency').text() ?? ''
  if (run === undefined) body.lost('it needs a shell', 'put it into a script')
  else if (body.get('enabled').flag() === false) {
    component.tasks = { ...component.tasks, [task]: [run] }
    body.changed(`became components.${name}.tasks.${task}`)
  } else {
    manifest.components = { ...manifest.components, [task]: { type: 'cron', source: component.source ?? '.', schedule, run } }
    body.kept(`components.${task}`)
  }
}
