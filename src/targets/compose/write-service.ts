import { posix } from 'node:path'
import type { Component, ReleaseStep } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'
import { WRITTEN_BY } from '../../translate/written-by.ts'
import { dockerfileOf, dockerignoreText, quote } from './dockerfile.ts'
import { type Draft, type Mapping, mountPath, portOf } from './draft.ts'
import { duration, healthcheckOf } from './write-health.ts'
import { environmentOf, textOf } from './write-values.ts'

/** The services of one component: itself, its release, its tasks. */
export function writeComponent(draft: Draft, component: Component): void {
  const { name } = component
  const entry = draft.context.of(name)
  if (component.resource !== undefined) return
  const image = imageOf(draft, component)
  if (!image) return
  const environment = component.type === 'static' ? {} : environmentOf(draft, component)
  const volumes = component.mounts.flatMap(({ volume }) => {
    const path = mountPath(component, volume)
    return path === undefined ? [] : [`${volume}:${path}`]
  })
  for (const { volume, path } of component.mounts) {
    const mount = entry.get('mounts', volume)
    if (path?.startsWith('/')) mount.kept(`services.${name}.volumes`)
    else mount.changed(`mounted at ${mountPath(component, volume)}`)
  }
  if (Array.isArray(entry.get('mounts').value)) entry.get('mounts').changed('mounted below /data')
  const limits = limitsOf(draft, component)
  const common: Mapping = {
    ...image,
    ...(Object.keys(environment).length > 0 && { environment }),
    ...(volumes.length > 0 && { volumes }),
    ...userOf(draft, component),
    init: true,
  }
  const waits = dependsOn(draft, component)
  const release = releaseService(draft, component, common, waits)
  if (component.type === 'cron') {
    cronService(draft, component, common, waits)
    return
  }
  const isJob = component.type === 'job'
  const health = isJob ? undefined : healthcheckOf(draft, component)
  if (isJob) entry.get('health').lost('a job ends by itself')
  draft.owner[name] = name
  draft.services[name] = {
    ...common,
    ...commandOf(draft, component),
    ...(component.type === 'web' || component.type === 'static' ? portsOf(draft, component) : {}),
    ...serveOf(draft, component, common),
    ...(health && { healthcheck: health }),
    ...(Object.keys({ ...waits, ...release }).length > 0 && { depends_on: { ...waits, ...release } }),
    ...limits,
    ...stopOf(draft, component),
    restart: isJob ? 'no' : 'unless-stopped',
  }
  taskServices(draft, component, common, waits)
  entry.get('type').kept(`services.${name}`)
  judgeRest(draft, component)
}

function judgeRest(draft: Draft, component: Component): void {
  const entry = draft.context.of(component.name)
  const over = 'compose stops the old container before it starts the new one: requests fail meanwhile'
  if (entry.get('rollout').value === 'replace') entry.get('rollout').kept('what compose does')
  else entry.get('rollout').lost(over, '`landfall up` or a proxy with two services releases without a gap')
  entry.get('compatible').lost('compose knows nothing of a schema')
  if (component.test) entry.get('test').changed(`a step of the build in Dockerfile.${component.name}`)
  entry.get('backup').lost('compose makes no backups', 'call pg_dump and tar from a timer of the machine')
  for (const key of ['predeploy', 'postdeploy', 'url'])
    entry.get(key).lost('compose has no such step', `docker compose run --rm ${component.name} <command>`)
}

function imageOf(draft: Draft, component: Component): Mapping | undefined {
  const { name, source } = component
  const { context, app } = draft
  const entry = context.of(name)
  if (source.type === 'image') {
    entry.get('source').kept(`services.${name}.image`)
    return { image: source.image }
  }
  // Pipelines count their runs in this variable.
  const isCounted = context.options['build-number'] !== undefined && app.version !== undefined
  const tag = `${app.name}-${name}:${isCounted ? `v${app.version}.\${BUILD_NUMBER:-local}` : (app.version ?? 'latest')}`
  context.manifest.get('version').changed(`the tag of the images: ${app.version}`)
  const folder = posix.join(context.project, context.folder(component))
  const build: Mapping = { context: folder.startsWith('.') ? folder : `./${folder}` }
  if (source.type === 'dockerfile') {
    if (source.file !== 'Dockerfile') build.dockerfile = source.file
    entry.get('source').kept(`services.${name}.build`)
  } else {
    const text = dockerfileOf(draft, component)
    if (text === undefined) {
      entry.lost('nothing says how it is built into an image', 'give it `build.type`, or `source: { dockerfile: Dockerfile }`')
      return undefined
    }
    const file = `Dockerfile.${name}`
    draft.files[file] = { text }
    build.dockerfile = pathBetween(context.folder(component), posix.join(context.out, file))
    ignore(draft, component, file)
    entry.get('source').changed(`built by ${file}`)
    entry.get('build').changed(`stands in ${file}`)
    for (const key of ['timeout', 'memory', 'cpu']) entry.get('build', key).lost('compose sets no bounds to a build')
  }
  const args = buildArgs(draft, component)
  if (Object.keys(args).length > 0) build.args = args
  return { image: tag, build }
}

/** From one folder to another, both told from a third one whose own place does not matter. */
function pathBetween(from: string, to: string): string {
  const deep = `/${'x/'.repeat(40)}`
  return posix.relative(posix.join(deep, from), posix.join(deep, to))
}

/** What BuildKit reads beside the Dockerfile, and older builders in the folder itself. */
function ignore(draft: Draft, component: Component, file: string): void {
  const text = dockerignoreText()
  draft.files[`${file}.dockerignore`] = { text }
  if (draft.context.out !== '.' || draft.context.folder(component) !== '.') return
  const there = draft.context.files(component).text('.dockerignore')
  if (there === undefined || there.includes(WRITTEN_BY)) draft.files['.dockerignore'] = { text }
}

function buildArgs(draft: Draft, component: Component): Record<string, string> {
  const args: Record<string, string> = {}
  for (const [name, value] of Object.entries(component.build.env)) {
    const text = textOf(draft, component, value)
    const entry = draft.context.variable(component.name, name)
    if (text === undefined) entry.lost('it is not known while an image is built')
    else {
      args[name] = text
      if (
        draft.context.of(component.name).get('env', name).isThere ||
        !draft.context.of(component.name).get('build', 'env', name).isThere
      )
        entry.changed('an argument of the build: a change takes a build')
    }
  }
  return args
}

function commandOf(draft: Draft, component: Component): { command?: string[] } {
  const entry = draft.context.of(component.name).get('run')
  if (!component.command) return {}
  const words = component.command.map((value) => textOf(draft, component, value))
  if (words.some((w) => w === undefined)) {
    entry.lost('an argument is known to an instance of Landfall alone', 'let the program read it from its environment')
    return {}
  }
  if (component.command.every((v) => v.type === 'text')) entry.kept(`services.${component.name}.command`)
  else entry.changed(`its values are composed: ${words.join(' ')}`)
  return { command: words as string[] } // All of them are texts.
}

function portsOf(draft: Draft, component: Component): Mapping {
  const entry = draft.context.of(component.name).get('port')
  const port = portOf(component)
  entry.kept(`services.${component.name}.${draft.hasGateway ? 'expose' : 'ports'}`)
  if (draft.hasGateway) return { expose: [String(port)] }
  // Published ports pass by the firewall of the machine: only the machine itself reaches this one.
  return { ports: [`127.0.0.1:${port}:${port}`] }
}

function serveOf(draft: Draft, component: Component, common: Mapping): Mapping {
  if (component.type !== 'static') return {}
  const { serve, name } = component
  const entry = draft.context.of(name).get('serve')
  entry.changed(`stands in nginx/${name}.conf`)
  const path = `nginx/${name}.conf`
  const redirects = (serve?.redirects ?? []).map((r) => `  location = ${r.from} { return ${r.status} ${r.to}; }`)
  const immutable = (serve?.immutable ?? []).map(
    (glob) => `  location ~ ${globPattern(glob)} { add_header Cache-Control "public, max-age=31536000, immutable"; }`,
  )
  const base = serve?.basePath ?? '/'
  const fallback = serve?.spa ? `${posix.join(base, 'index.html')}` : '=404'
  draft.files[path] = {
    text: [
      `# ${WRITTEN_BY} compose\`. Change landfall.yaml and export again.`,
      'server {',
      '  listen 80;',
      '  root /usr/share/nginx/html;',
      '  gzip on;',
      '  gzip_types text/css application/javascript application/json image/svg+xml;',
      ...redirects,
      ...immutable,
      `  location / { try_files $uri $uri/ ${fallback}; }`,
      '}',
      '',
    ].join('\n'),
  }
  return { volumes: [...((common.volumes as string[] | undefined) ?? []), `./${path}:/etc/nginx/conf.d/default.conf:ro`] }
}

function globPattern(glob: string): string {
  const body = glob.replace(/\*\*\/?|\*|[.+^$()|[\]\\?{}]/g, (p) => (p.startsWith('**') ? '.*' : p === '*' ? '[^/]*' : `\\${p}`))
  return `"^/(?:.*/)?${body}$"`
}

/** Services are waited for until they are healthy; what has no probe until it has started. */
function dependsOn(draft: Draft, component: Component): Mapping {
  const entry = draft.context.of(component.name).get('needs')
  const waits: Mapping = {}
  for (const need of component.needs) {
    const other = draft.app.components.find((c) => c.name === need)
    const resource = draft.app.resources.find((r) => r.name === need)
    if (other?.resource === undefined && other) {
      const hasProbe = other.health !== undefined && other.health.type !== 'alive'
      waits[need] = {
        condition:
          other.type === 'job'
            ? 'service_completed_successfully'
            : hasProbe || other.type === 'static'
              ? 'service_healthy'
              : 'service_started',
      }
    } else if (resource && draft.services[need]) waits[need] = { condition: 'service_healthy' }
  }
  for (const item of entry.items()) {
    const name = item.text() ?? ''
    if (waits[name]) item.kept(`services.${component.name}.depends_on.${name}`)
    else item.changed('nothing has to be waited for here')
  }
  return waits
}

/** The release as a service of its own that runs to its end before the component starts. */
function releaseService(draft: Draft, component: Component, common: Mapping, waits: Mapping): Mapping {
  const { name } = component
  const entry = draft.context.of(name)
  const steps = component.releaseSteps
  const once = component.bootstrap ?? []
  entry.get('bootstrap').changed('a service that a person runs once', `docker compose --profile tasks run --rm ${name}-bootstrap`)
  if (once.length > 0) {
    const command = shellOf(draft, component, once)
    if (command)
      helper(draft, component, `${name}-bootstrap`, { ...common, command, profiles: ['tasks'], depends_on: waits, restart: 'no' })
  }
  if (steps.length === 0) return {}
  const command = shellOf(draft, component, steps)
  const release = entry.get('release')
  const service = `${name}-release`
  if (!command) {
    release.lost('a step has values that compose does not know', `docker compose run --rm ${name} <command>`)
    return {}
  }
  for (const step of release.items()) {
    step.kept(`services.${service}.command`)
    step.get('name').changed(`a part of ${service}`)
    step.get('repeatable').changed('compose runs it again at every `up`, whatever it is')
    for (const key of step.entries()) {
      if (['check', 'else', 'run', 'verify', 'name', 'repeatable'].includes(key.key)) continue
      key.lost('compose has nothing for it')
    }
    for (const key of step.get('verify').entries()) if (key.key !== 'files') key.lost('only files are looked for')
  }
  helper(draft, component, service, {
    ...common,
    command,
    ...(Object.keys(waits).length > 0 && { depends_on: waits }),
    restart: 'no',
  })
  return { [service]: { condition: 'service_completed_successfully' } }
}

/** Steps as one line of a shell: the first that fails ends it. */
function shellOf(draft: Draft, component: Component, steps: ReleaseStep[]): string[] | undefined {
  const lines = steps.map((step) => {
    const run = wordsOf(draft, component, step.run)
    const check = step.check && wordsOf(draft, component, step.check)
    if (run === undefined || (step.check && check === undefined)) return undefined
    const files = (step.verify?.files ?? []).map((f) => ` && test -s ${quote(f)}`).join('')
    return `${check === undefined ? run : `${check} || ${run}`}${files}`
  })
  if (!lines.every((l) => l !== undefined)) return undefined
  return ['sh', '-ec', lines.join('\n')]
}

function wordsOf(draft: Draft, component: Component, command: readonly Value[]): string | undefined {
  const words = command.map((value) => textOf(draft, component, value))
  return words.every((w) => w !== undefined) ? words.map(quote).join(' ') : undefined
}

function taskServices(draft: Draft, component: Component, common: Mapping, waits: Mapping): void {
  const entry = draft.context.of(component.name)
  for (const [task, commands] of Object.entries(component.tasks)) {
    const service = `${component.name}-${task}`
    const at = task === 'seed' && entry.get('seed').isThere ? entry.get('seed') : entry.get('tasks', task)
    const lines = commands.map((c) => wordsOf(draft, component, c))
    if (!lines.every((l) => l !== undefined)) {
      at.lost('a command has values that compose does not know')
      continue
    }
    const [only] = commands
    const command = commands.length === 1 && only ? only.map((v) => textOf(draft, component, v)) : ['sh', '-ec', lines.join('\n')]
    helper(draft, component, service, {
      ...common,
      command,
      profiles: ['tasks'],
      ...(Object.keys(waits).length > 0 && { depends_on: waits }),
      restart: 'no',
    })
    at.changed(`docker compose run --rm ${service}`)
  }
}

function cronService(draft: Draft, component: Component, common: Mapping, waits: Mapping): void {
  const { name } = component
  const entry = draft.context.of(name)
  draft.services[name] = {
    ...common,
    ...commandOf(draft, component),
    profiles: ['cron'],
    ...(Object.keys(waits).length > 0 && { depends_on: waits }),
    restart: 'no',
  }
  draft.owner[name] = name
  const schedule = entry.get('schedule')
  const line = component.schedule?.expression ?? schedule.text() ?? '* * * * *'
  const zone = component.schedule?.timeZone
  entry.get('type').changed(`the service ${name}, which a timer of the machine runs`)
  schedule.changed('compose has no clock: a line for crontab is among the steps', 'crontab -e')
  draft.steps.push({
    title: `Run ${name} on time`,
    text: `In crontab${zone ? `, with CRON_TZ=${zone}` : ''}. A run that overlaps with the one before is held back by flock.`,
    commands: [
      `(crontab -l; echo '${line} cd '"$PWD"' && flock -n /tmp/${draft.app.name}-${name} docker compose run --rm ${name}') | crontab -`,
    ],
  })
}

function helper(draft: Draft, component: Component, name: string, service: Mapping): void {
  // One-shot containers have nothing to wait for but their end.
  const { init: _init, ...rest } = service
  draft.services[name] = rest
  draft.owner[name] = component.name
}

function userOf(draft: Draft, component: Component): Mapping {
  const entry = draft.context.of(component.name).get('user')
  const user = entry.text()
  if (user === undefined) return {}
  entry.kept(`services.${component.name}.user`)
  return { user }
}

function limitsOf(draft: Draft, component: Component): Mapping {
  const { name, limits, instances } = component
  const scale = draft.context.of(name).get('scale')
  const to = `services.${name}.deploy`
  for (const key of ['instances', 'memory', 'cpu']) scale.get(key).kept(to)
  for (const key of ['max', 'because']) scale.get(key).changed('a comment', 'compose holds nobody back from `--scale`')
  scale.get('sticky').lost('the gateway sends each request where it likes', 'nginx with `ip_hash` in front of fixed names')
  const { memoryMiB, cpus } = limits
  const isSaid = instances !== 1 || scale.get('instances').isThere
  if (draft.isOld) {
    return {
      ...(memoryMiB && { mem_limit: `${memoryMiB}m` }),
      ...(cpus && { cpus }),
      ...(isSaid && { scale: instances }),
    }
  }
  const resources = { ...(cpus && { cpus: String(cpus) }), ...(memoryMiB && { memory: `${memoryMiB}M` }) }
  const deploy = {
    ...(isSaid && { replicas: instances }),
    ...(Object.keys(resources).length > 0 && { resources: { limits: resources } }),
  }
  return Object.keys(deploy).length > 0 ? { deploy } : {}
}

function stopOf(draft: Draft, component: Component): Mapping {
  const entry = draft.context.of(component.name).get('stop')
  if (component.type === 'static' || component.type === 'job') return {}
  const { signal, graceSeconds } = component.stop
  entry.get('signal').kept(`services.${component.name}.stop_signal`)
  entry.get('grace').kept(`services.${component.name}.stop_grace_period`)
  entry
    .get('drain')
    .lost(
      'compose asks a container to end without waiting for what it has in hand',
      'let the program finish its requests on the signal, within `grace`',
    )
  return {
    ...((signal !== 'SIGTERM' || entry.get('signal').isThere) && { stop_signal: signal }),
    stop_grace_period: duration(graceSeconds),
  }
}
