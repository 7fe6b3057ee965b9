import type { App, Component } from '../../model/app.ts'
import type { Entry, WriteContext } from '../../model/target.ts'
import { markUnread } from '../../translate/image/mark-image.ts'
import { cronsOf } from './manifest.ts'
import { isAddon } from './values.ts'

/** Verdicts on what Cloudron itself decides, or cannot. What is in the image has its verdicts already. */
export function markApp(app: App, main: Component | undefined, context: WriteContext): void {
  const { manifest } = context
  manifest.get('app').kept('title')
  manifest.get('version').kept('version')
  manifest.get('engine').lost('Cloudron runs it')
  markResources(app, context)
  markUnread(app, context)
  for (const [i, route] of app.routes.entries()) markRoute(manifest.get('routes', i), route.to === main?.name, route.path)
  if (!main) manifest.get('checks').lost('nothing runs that could be asked')
  manifest.get('backup').changed('Cloudron backs up the whole app every day; its dashboard says how long it keeps them')
  manifest
    .get('keep')
    .lost('Cloudron keeps backups, and no releases', 'an older image is a way back: cloudron update --image <ref>')
  manifest.get('troubles').lost('they are for `landfall doctor` and the guide')
  manifest.get('protect').lost('who may change an app is for the dashboard to say')
  const crons = main ? cronsOf(app, main) : []
  for (const component of app.components) {
    if (component === main) markMain(component, context)
    else if (crons.includes(component)) markCron(component, context)
    else context.of(component.name).lost('one container per app', `a second app of its own: --option component=${component.name}`)
  }
}

function markResources(app: App, context: WriteContext): void {
  for (const resource of app.resources) {
    const entry = context.manifest.get('resources', resource.name)
    const type = entry.get('type')
    if (!isAddon(app, resource.name)) {
      type.lost(`Cloudron has no addon for ${resource.type} as it is here`, 'set its variables by cloudron env set')
      entry.lost('Cloudron has no addon for it')
      continue
    }
    type.kept('addons')
    for (const option of entry.entries()) {
      if (option.key === 'type') continue
      if (option.key === 'url' || option.key === 'relay')
        option.changed('the app reads it by the names of Cloudron: its addon takes the place of what lies elsewhere')
      else if (option.key === 'version') option.lost('Cloudron decides which version its addon is')
      else if (resource.type === 'volume' && option.key === 'writers') option.changed('one container writes')
      else if (resource.type === 'mail' && option.key === 'from')
        option.changed(
          'the mailbox of the app, in the dashboard; another sender needs its leave there',
          'allow a custom From address',
        )
      else option.lost('the addon has no such option')
    }
    if (resource.type === 'mail') {
      type.finding(
        'warning',
        'W_MAIL_PLAIN',
        'the port of CLOUDRON_MAIL_SMTP_PORT has no TLS and no STARTTLS',
        'do not set `secure`; what insists on TLS takes CLOUDRON_MAIL_SMTPS_PORT',
      )
    }
  }
}

function markRoute(entry: Entry, isMain: boolean, path: string): void {
  if (!isMain) entry.lost('it leads to a component that Cloudron does not run here')
  else if (path !== '/') {
    entry.get('host').changed('cloudron install --location')
    entry.get('path').lost('an app has all of its domain')
    entry.get('to').kept()
  } else entry.changed('cloudron install --location')
  entry.get('cors').lost('Cloudron adds no headers')
}

function markMain(component: Component, context: WriteContext): void {
  const own = context.of(component.name)
  own.get('type').kept('httpPort')
  own.get('port').kept('httpPort')
  const health = own.get('health')
  if (component.health?.type === 'http') {
    if (typeof health.value === 'string') health.kept('healthCheckPath')
    health.get('path').kept('healthCheckPath')
    const { status } = component.health
    if (status !== undefined && (status < 200 || status > 299)) health.get('status').lost('Cloudron wants a 2xx')
    else health.get('status').changed('any 2xx')
    health.get('json').lost('Cloudron looks at the status alone', 'let the app answer 503 when it is not well')
    health.get('host').lost('Cloudron asks by the address of the container')
    for (const key of ['every', 'grace'] as const) health.get(key).lost('Cloudron decides how often and how long')
    if (component.health.json !== undefined) {
      health
        .get('json')
        .finding(
          'warning',
          'W_HEALTH_STATUS_ONLY',
          'an app that answers 200 with another body counts as healthy there',
          'let it answer 503',
        )
    }
  }
  own.get('scale', 'memory').kept('memoryLimit')
  own.get('scale', 'cpu').lost('set in the dashboard')
  own.get('scale', 'sticky').kept('one container')
  const { instances, max } = component
  if (instances > 1) own.get('scale', 'instances').lost('one container per app')
  else own.get('scale', 'instances').kept('one container per app')
  if (max) for (const key of ['max', 'because'] as const) own.get('scale', key).kept('one container per app')
  own.get('rollout').changed('the old container stops before the new one starts: Cloudron shows a page meanwhile')
  own.get('stop', 'drain').lost('the old container stops at once')
  own.get('stop', 'grace').lost('Docker’s ten seconds')
  own.get('schedule').lost('it answers HTTP')
  own.get('predeploy').lost('Cloudron has no hook before an update', 'cloudron exec, by hand')
  own.get('postdeploy').lost('Cloudron has no hook after an update', 'cloudron exec, by hand')
  own.get('compatible').changed('cloudron update takes a backup first, which is the way back')
  own.get('backup').lost('Cloudron backs up /app/data while the app runs')
  for (const key of ['seed', 'tasks'] as const) own.get(key).changed('a command to type: cloudron exec')
  for (const mount of [...own.get('mounts').entries(), ...own.get('mounts').items()])
    mount.changed('a folder in /app/data, which is backed up; where the app looks for it is a link')
  own.finding(
    'changed',
    'W_READ_ONLY_DISK',
    'everything but /app/data, /run and /tmp is read-only there',
    'what the app writes besides needs a volume, or has to go to /tmp',
  )
}

function markCron(component: Component, context: WriteContext): void {
  const own = context.of(component.name)
  for (const key of ['type', 'source', 'run', 'schedule', 'build', 'env'] as const) own.get(key).kept('addons.scheduler')
  own.get('scale').lost('it shares the limits of the app')
  own.finding('changed', 'W_CRON_LIMIT', `Cloudron ends ${component.name} after 30 minutes, and counts its schedule in UTC`)
  const zone = component.schedule?.timeZone ?? 'UTC'
  if (zone !== 'UTC')
    own.finding('warning', 'W_TIME_ZONE', `the schedule of ${component.name} is meant in ${zone}`, 'write it in UTC')
}
