import type { Component } from '../../model/app.ts'
import { markForeignImage, markTop, markUsual } from '../../translate/hosted/mark-hosted.ts'
import { variablesOf } from '../../translate/variables.ts'
import { isManaged } from './values.ts'
import { type Draft, ownMount } from './write.ts'

/** Verdicts on what Railway has a place for, and on what it has none for. */
export function markApp(draft: Draft): void {
  const { app, context, images } = draft
  const { manifest } = context
  manifest.get('app').kept('project')
  markTop(app, context, 'Railway', images)
  for (const { name, type } of app.resources) {
    const entry = manifest.get('resources', name)
    if (type === 'volume') entry.changed('volume: of the first service that mounts it')
    else if (!isManaged(app, name)) {
      if (entry.get('url').isThere || entry.get('relay').isThere) entry.changed('its address is a variable, which is set by hand')
      else entry.lost(`no ${type} is written`, 'its variables are set by hand')
    } else
      for (const option of entry.entries()) {
        if (option.key === 'type') option.kept(type === 'redis' ? 'redis()' : 'postgres()')
        else if (option.key === 'version')
          option.lost('the image of Railway says which version', 'look at it before data is in it')
        else option.lost('Railway has no such option')
      }
  }
  for (const [i, route] of app.routes.entries()) {
    const entry = manifest.get('routes', i)
    const isFound = app.components.some((c) => c.name === route.to && (c.type === 'web' || c.type === 'static'))
    if (route.path === '/' && isFound) for (const part of entry.entries()) part.kept('domains')
    else entry.lost('a domain leads to one service there', `a host of its own, such as ${route.to}.${route.host}`)
    entry.get('cors').lost('Railway adds no headers', 'let the component answer other origins')
  }
  manifest.get('backup').lost('backups of volumes are switched on in the dashboard', 'Service → Backups: daily, weekly, monthly')
  for (const component of app.components) markComponent(draft, component)
}

function markComponent(draft: Draft, component: Component): void {
  const { app, context, images } = draft
  const own = context.of(component.name)
  const image = images.get(component.name)
  if (component.type === 'artifact' || component.type === 'job') {
    own.lost(component.type === 'job' ? 'a service there does not run once' : 'nothing runs of it', 'railway run, by hand')
    return
  }
  if (!image && component.source.type === 'folder') {
    own.lost('no builder knows how its image is made', 'build: { type: node }')
    return
  }
  markUsual(component, context, 'Railway', 'a command to type: railway ssh')
  if (component.type === 'static') own.get('type').changed('an image with nginx')
  else own.get('type').kept('service()')
  if (!image) {
    markForeignImage(component, context, 'image()')
    own.get('run').kept('start')
    for (const { name, value, entry } of variablesOf(app, component)) {
      const place = context.variable(component.name, name)
      if (value?.type === 'text' || (value === undefined && !entry.generate)) place.kept('env')
      else place.changed('env, or set by hand')
      for (const key of ['minLength', 'pattern', 'type', 'values', 'requiredIf'] as const)
        place.get(key).lost('Railway looks at no values')
    }
  }
  own.get('port').kept('env: PORT')
  markHealth(component, draft)
  const scale = own.get('scale')
  for (const key of ['memory', 'cpu'] as const) scale.get(key).kept('deploy.limitOverride')
  const mount = ownMount(app, component)
  if (component.type === 'cron') scale.get('instances').changed('one')
  else if (mount && component.instances > 1)
    scale.get('instances').lost('a service with a volume is one instance', 'a bucket in place of the volume')
  else if (component.instances === 0) scale.get('instances').changed('1')
  else scale.get('instances').kept('replicas')
  for (const key of ['max', 'because'] as const) scale.get(key).changed('nothing there adds instances by itself')
  scale.get('sticky').lost('Railway sends a visitor to any instance')
  own.get('stop', 'grace').kept('deploy.drainingSeconds')
  const schedule = own.get('schedule')
  schedule.kept('deploy.cronSchedule')
  for (const key of ['overlap', 'timeout'] as const) schedule.get(key).changed('a run is passed over while the last one lives')
  schedule.get('timeZone').changed('Railway counts in UTC')
  const zone = component.schedule?.timeZone ?? 'UTC'
  if (zone !== 'UTC')
    schedule.finding(
      'warning',
      'W_TIME_ZONE',
      `the schedule of ${component.name} is meant in ${zone}, and Railway counts in UTC`,
      'write it in UTC',
    )
  markMounts(component, draft)
  if (variablesOf(app, component).some((v) => /^(SMTP|EMAIL|MAIL)_|SMTP/.test(v.name)))
    own.finding(
      'warning',
      'W_SMTP_BLOCKED',
      `below the plan Pro no mail server is reached from there, and ${component.name} has variables for one`,
      'a mail service with an API over https',
    )
}

function markHealth(component: Component, { context }: Draft): void {
  const own = context.of(component.name)
  const health = own.get('health')
  if (component.health?.type !== 'http') return
  if (typeof health.value === 'string') health.kept('healthcheck')
  health.get('path').kept('healthcheck')
  health.get('grace').kept('healthcheckTimeout')
  if ((component.health.status ?? 200) === 200) health.get('status').changed('200, and nothing else')
  else health.get('status').lost('Railway wants 200')
  health.get('every').lost('it is asked while it is deployed, and not afterwards')
  health.get('host').lost('Railway asks by healthcheck.railway.app')
  health.get('json').lost('Railway looks at the status alone', 'let the app answer 503 when it is not well')
  health.finding(
    'changed',
    'W_HEALTH_HOST',
    `${component.name} is asked by the host healthcheck.railway.app, and only while it is deployed`,
    'an app that looks at the host of a request lets it pass',
  )
}

function markMounts(component: Component, { app, context }: Draft): void {
  const mounts = context.of(component.name).get('mounts')
  const places = mounts.entries().length > 0 ? mounts.entries() : mounts.items()
  for (const [i, mount] of component.mounts.entries()) {
    const place = places[i] ?? mounts
    if (ownMount(app, component) === mount) {
      place.changed('volumeMounts: neither builds nor preDeploy see it')
      mounts.finding(
        'changed',
        'W_VOLUME_ROOT',
        `a volume belongs to root there: ${component.name} runs as root (RAILWAY_RUN_UID=0), as one instance, and stops before its successor starts`,
      )
    } else {
      place.lost('a service has one volume, and a volume one service', 'a bucket')
      mounts.finding(
        'warning',
        'W_EPHEMERAL_DISK',
        `what ${component.name} writes to ${mount.volume} is gone with the next deployment, or seen by it alone`,
        'a bucket',
      )
    }
  }
}
