import type { Component } from '../../model/app.ts'
import { markForeignImage, markTop, markUsual } from '../../translate/hosted/mark-hosted.ts'
import { buildVariablesOf, variablesOf } from '../../translate/variables.ts'
import { planFor } from './plans.ts'
import { isManaged, portOf, RENDER_PORT, serviceType } from './values.ts'
import type { Draft } from './write.ts'

/** Verdicts on what Render has a place for, and on what it has none for. */
export function markApp(draft: Draft): void {
  const { app, context, isFree } = draft
  const { manifest } = context
  manifest.get('app').kept('projects')
  markTop(app, context, 'Render', draft.images)
  markResources(draft)
  for (const [i, route] of app.routes.entries()) {
    const entry = manifest.get('routes', i)
    const to = app.components.find((c) => c.name === route.to)
    if (route.path !== '/' || !to || serviceType(app, to) !== 'web') {
      entry.lost('a domain leads to one service there', `a host of its own, such as ${route.to}.${route.host}`)
    } else for (const part of entry.entries()) part.kept('domains')
    entry.get('cors').lost('Render adds no headers to a service', 'let the component answer other origins')
  }
  const backup = manifest.get('backup')
  backup.changed(
    isFree
      ? 'there are none: a free database expires after 30 days'
      : 'Render keeps databases for days, by their plan; disks have a daily snapshot',
  )
  if (isFree && app.resources.some((r) => r.type === 'postgres' && isManaged(app, r.name))) {
    const message = 'a free database holds 1 GB, has no backups, and is gone after 30 days'
    manifest
      .get('resources')
      .finding('warning', 'W_FREE_DATABASE', message, '--option plan=starter, before anything of worth is in it')
  }
  for (const component of app.components) markComponent(draft, component)
}

function markResources({ app, context, isFree }: Draft): void {
  for (const { name, type } of app.resources) {
    const entry = context.manifest.get('resources', name)
    if (type === 'volume') {
      const taken = app.components.filter((c) => c.mounts.some((m) => m.volume === name))
      if (isFree) entry.lost('free services have no disk', 'a bucket, or a paid plan')
      else entry.changed('a disk of each service that mounts it: two services never share one')
      if (taken.length > 1) {
        const message = `${taken.map((c) => c.name).join(' and ')} share ${name}, and each would have a disk of its own`
        entry.finding('warning', 'W_DISK_NOT_SHARED', message, 'a bucket, which all of them reach')
      }
    } else if (!isManaged(app, name)) {
      if (entry.get('url').isThere || entry.get('relay').isThere) entry.changed('its address is a variable, which is asked for')
      else entry.lost(`Render runs no ${type}`, 'its variables are asked for')
    } else {
      for (const option of entry.entries()) {
        if (option.key === 'type') option.kept(type === 'postgres' ? 'databases' : 'services: keyvalue')
        else if (option.key === 'version' && type === 'postgres') option.kept('postgresMajorVersion')
        else if (option.key === 'persistence') option.changed('persistenceMode')
        else if (option.key === 'maxMemory') option.changed('its plan says how much')
        else option.lost('Render has no such option')
      }
    }
  }
}

function markComponent(draft: Draft, component: Component): void {
  const { app, context, images, isFree } = draft
  const own = context.of(component.name)
  const type = serviceType(app, component)
  if (!type) {
    const why = component.type === 'job' ? 'a job is started by hand, or by the API' : `Render runs no ${component.type}`
    own.lost(why, component.type === 'job' ? 'POST /v1/services/<id>/jobs in a service of the same image' : undefined)
    return
  }
  const image = images.get(component.name)
  markUsual(component, context, 'Render', 'a command to type: the service’s Shell in the dashboard, on a paid plan')
  if (component.type === 'static') {
    markStatic(draft, component)
    return
  }
  if (!image && component.source.type === 'folder') {
    own.lost('no builder knows how its image is made', 'build: { type: node }')
    return
  }
  if (!image) {
    markForeignImage(component, context, 'dockerfilePath')
    own.get('run').kept('dockerCommand')
    markVariables(draft, component)
  }
  own.get('type').kept(type === 'pserv' ? 'services: pserv, which only others of the app reach' : `services: ${type}`)
  if (component.type === 'web') own.get('port').kept('envVars: PORT')
  markHealth(draft, component, type)
  markScale(draft, component, type)
  markMounts(draft, component)
  const grace = component.stop.graceSeconds
  if (type === 'cron') own.get('stop', 'grace').lost('a cron job there has no such time')
  else if (grace >= 1 && grace <= 300) own.get('stop', 'grace').kept('maxShutdownDelaySeconds')
  else own.get('stop', 'grace').changed('maxShutdownDelaySeconds, which is 1 to 300')
  own.get('schedule').kept('schedule')
  if (type === 'cron') markCron(component, draft)
  markDangers(draft, component, type, isFree)
}

function markCron(component: Component, { context }: Draft): void {
  const schedule = context.of(component.name).get('schedule')
  for (const key of ['overlap', 'timeout'] as const) schedule.get(key).changed('one run at a time, which is ended after 12 hours')
  schedule.get('zone').changed('Render counts in UTC')
  schedule.get('timeZone').changed('Render counts in UTC')
  const zone = component.schedule?.timeZone ?? 'UTC'
  if (zone !== 'UTC')
    schedule.finding(
      'warning',
      'W_TIME_ZONE',
      `the schedule of ${component.name} is meant in ${zone}, and Render counts in UTC`,
      'write it in UTC',
    )
}

function markHealth({ context }: Draft, component: Component, type: string): void {
  const health = context.of(component.name).get('health')
  if (component.health?.type !== 'http') return
  if (type !== 'web') {
    health.lost('Render asks only what the world reaches; HEALTHCHECK of the image is not looked at')
    return
  }
  if (typeof health.value === 'string') health.kept('healthCheckPath')
  health.get('path').kept('healthCheckPath')
  health.get('status').changed('any 2xx or 3xx')
  health.get('host').lost('Render asks by a name of its own')
  for (const key of ['every', 'grace'] as const)
    health.get(key).lost('Render decides: every few seconds, for 15 minutes at first')
  const json = health.get('json')
  json.lost('Render looks at the status alone', 'let the app answer 503 when it is not well')
  if (json.isThere)
    json.finding(
      'warning',
      'W_HEALTH_STATUS_ONLY',
      'an app that answers 200 with another body counts as healthy there',
      'let it answer 503',
    )
}

function markScale({ context, isFree }: Draft, component: Component, type: string): void {
  const scale = context.of(component.name).get('scale')
  const { plan, memoryMiB, cpus } = planFor(component, context.options.plan)
  for (const key of ['memory', 'cpu'] as const)
    scale.get(key).changed(isFree && type === 'web' ? 'plan: free, with 512 MiB' : `plan: ${plan}`)
  if (!isFree && (component.limits.memoryMiB !== undefined || component.limits.cpus !== undefined))
    scale.finding(
      'changed',
      'W_PLAN_CHOSEN',
      `${component.name} is on the plan ${plan}: ${memoryMiB} MiB and ${cpus} of a processor`,
    )
  if ((component.limits.memoryMiB ?? 0) > 512 && isFree)
    scale
      .get('memory')
      .finding(
        'warning',
        'W_PLAN_TOO_SMALL',
        `a free service has 512 MiB, and ${component.name} may take ${component.limits.memoryMiB}`,
      )
  const instances = scale.get('instances')
  if (type === 'cron' || isFree) instances.changed('one')
  else if (component.mounts.length > 0 && component.instances > 1)
    instances.lost('a service with a disk is one instance', 'a bucket in place of the disk')
  else if (component.instances === 0) instances.changed('1; the service can be suspended in the dashboard')
  else instances.kept('numInstances')
  for (const key of ['max', 'because'] as const) scale.get(key).changed('nothing there adds instances by itself')
  scale.get('sticky').lost('Render sends a visitor to any instance')
}

function markMounts({ context, isFree }: Draft, component: Component): void {
  const own = context.of(component.name)
  const places = [
    ...own.get('mounts').entries(),
    ...own
      .get('mounts')
      .items()
      .filter((i) => i.text() !== undefined),
  ]
  for (const [i, mount] of component.mounts.entries()) {
    const place = places[i] ?? own.get('mounts')
    if (!isFree && i === 0 && component.type !== 'cron') {
      place.changed('disk: neither builds, nor preDeployCommand, nor crons see it')
      own
        .get('mounts')
        .finding(
          'changed',
          'W_DISK',
          `with its disk ${component.name} is one instance, which stops before the new one starts`,
          'a bucket in place of the disk lets both run',
        )
      continue
    }
    place.lost(isFree ? 'free services have no disk' : 'a service has one disk', 'a bucket')
    own
      .get('mounts')
      .finding(
        'warning',
        'W_EPHEMERAL_DISK',
        `what ${component.name} writes to ${mount.volume} is gone with the next deployment`,
        isFree ? 'a bucket such as R2, or --option plan=starter for a disk' : 'a bucket such as R2',
      )
  }
}

const SMTP = /^(SMTP|EMAIL|MAIL)_|SMTP/
/** What Render does to a service without saying so in the file. */
function markDangers({ app, context }: Draft, component: Component, type: string, isFree: boolean): void {
  const own = context.of(component.name)
  if (component.type === 'web') {
    const port = portOf(component)
    if (port !== RENDER_PORT)
      own.finding(
        'changed',
        'W_PORT_GIVEN',
        `Render gives PORT=${RENDER_PORT}; render.yaml sets it to ${port}, so that both say the same`,
      )
    if (
      JSON.stringify(component.command ?? []).match(/:\d{2,5}\b|--port[= ]\d/) &&
      !JSON.stringify(component.command).includes('"port"')
    )
      own.finding(
        'warning',
        'W_PORT_FIXED',
        `the command of ${component.name} names a port, and Render gives one in PORT`,
        `write \${PORT}`,
      )
  }
  if (type === 'web')
    own.finding(
      'changed',
      'W_RENDER_HOSTNAME',
      `${component.name} is reached by RENDER_EXTERNAL_HOSTNAME (….onrender.com) too, and asked for its health by it`,
      'an app that looks at the host of a request lets it pass',
    )
  if (isFree && type === 'web')
    own.finding(
      'warning',
      'W_COLD_START',
      `a free service sleeps after 15 minutes without a visitor: the next one waits up to a minute`,
      '--option plan=starter',
    )
  if (isFree && type !== 'web')
    own.finding(
      'warning',
      'W_NO_FREE_PLAN',
      `there is no free plan for ${component.name}: it is on starter`,
      'leave it out of the environment, or pay',
    )
  const mails = variablesOf(app, component).some((v) => SMTP.test(v.name))
  if (mails && isFree)
    own.finding(
      'warning',
      'W_SMTP_BLOCKED',
      `free services reach no mail server: ports 25, 465 and 587 are closed, and ${component.name} has variables for one`,
      'a mail service with an API over https, or a paid plan',
    )
}

function markStatic(draft: Draft, component: Component): void {
  const { context } = draft
  const own = context.of(component.name)
  own.get('type').kept('runtime: static')
  own.get('source').kept('rootDir')
  const build = own.get('build')
  for (const key of ['type', 'install', 'command', 'runtime'] as const) build.get(key).changed('buildCommand')
  build.get('output').changed('staticPublishPath')
  build.get('workspace').changed('buildCommand, from the root of the monorepo')
  for (const key of ['timeout', 'memory', 'cpu'] as const) build.get(key).lost('Render decides what a build may take')
  for (const key of ['env', 'args'] as const) build.get(key).changed('envVars: a build sees them')
  const serve = own.get('serve')
  serve.get('spa').kept('routes')
  serve.get('immutable').kept('headers')
  for (const redirect of serve.get('redirects').items()) {
    for (const key of ['from', 'to'] as const) redirect.get(key).kept('routes')
    redirect.get('status').changed('Render redirects with 301')
  }
  const base = serve.get('basePath')
  if (component.serve?.basePath === '/') base.kept()
  else base.lost('files lie at the root of their domain', 'build them for /')
  own.get('health').lost('Render serves files, and asks nothing')
  own.get('scale').lost('files come from a network of servers')
  own.get('stop').lost('files do not stop')
  own.get('needs').changed('nothing starts, so nothing waits')
  own.get('test').changed('a build does not run it', 'autoDeployTrigger: checksPass lets a pipeline do it')
  own.get('user').lost('nothing runs')
  for (const key of ['release', 'bootstrap', 'run', 'port', 'mounts'] as const) own.get(key).lost('files run nothing')
  markVariables(draft, component)
}

/** Where no image of ours says what becomes of a variable. */
function markVariables({ app, context }: Draft, component: Component): void {
  for (const { name, value } of [...variablesOf(app, component), ...buildVariablesOf(app, component)]) {
    const place = context.variable(component.name, name)
    if (value === undefined || value.type === 'text') place.kept('envVars')
    else place.changed('envVars, with the value that it has in this environment')
    for (const key of ['minLength', 'pattern', 'type', 'values', 'requiredIf'] as const)
      place.get(key).lost('Render looks at no values')
    place.get('generate').changed('generateValue, or asked for: see envVars')
  }
}
