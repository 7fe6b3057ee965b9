import type { App, Component, EnvEntry } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { markUnread } from '../../translate/image/mark-image.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'
import { variablesOf } from '../../translate/variables.ts'
import { hostOfCron, runs } from './calls.ts'
import { isDatabase } from './values.ts'

/** What becomes of a variable: said as it is, asked for, made once, or put together of what is known there. */
export function verdictOf(entry: EnvEntry): { kept: string } | { changed: string } {
  if (entry.generate) return { changed: 'made once, when it is set up' }
  if (entry.default === undefined || entry.default.type === 'text') return { kept: 'envs' }
  return { changed: 'envs, put together of what Coolify knows' }
}

/** Verdicts on what Coolify itself has a place for, and on what it has none for. */
export function markApp(app: App, context: WriteContext, form: string, images: Map<string, WrittenImage>): void {
  const { manifest } = context
  const isApi = form === 'api'
  if (isApi) manifest.get('app').kept('projects')
  else manifest.get('app').changed('the stack is named in the dashboard')
  manifest.get('version').changed('LANDFALL_VERSION in the image; Nixpacks has no place for it')
  manifest.get('engine').lost('Coolify runs it')
  markUnread(app, context)
  for (const resource of app.resources) {
    const entry = manifest.get('resources', resource.name)
    if (resource.type === 'volume')
      entry.changed(
        isApi ? 'a storage of each application that mounts it: two applications never share one' : 'a volume of the stack',
      )
    else if (!isDatabase(app, resource.name)) entry.lost(`Coolify runs no ${resource.type}`, 'its variables are asked for')
    else {
      for (const option of entry.entries()) {
        if (option.key === 'type') option.kept(isApi ? 'databases' : 'services')
        else if (option.key === 'version') option.kept('image')
        else option.lost('nothing there takes it')
      }
    }
  }
  for (const route of manifest.get('routes').items()) {
    if (isApi) route.kept('domains')
    else route.changed('SERVICE_URL leads to its port; the domain is entered in the dashboard')
    route.get('cors').lost('Coolify adds no headers', 'let the component answer other origins')
  }
  manifest.get('checks').lost('Coolify asks one path, and looks at its status alone', '`landfall smoke` asks them')
  manifest
    .get('backup')
    .changed(
      isApi ? 'daily backups of PostgreSQL on the server, kept for 30 days; S3 is set in the dashboard' : 'in the dashboard',
    )
  if (manifest.get('backup').isThere)
    manifest
      .get('backup')
      .finding('warning', 'W_BACKUP_PART', 'Coolify backs up databases, and no volumes', 'landfall backup, or a job of your own')
  manifest.get('keep').changed('Coolify keeps images until its disk is full; any of them can be deployed again')
  manifest.get('troubles').lost('they are for `landfall doctor` and the guide')
  manifest.get('protect').lost('who may change an application is for the dashboard to say')
  for (const component of app.components) markComponent(app, component, context, isApi, images.get(component.name))
}

function markComponent(
  app: App,
  component: Component,
  context: WriteContext,
  isApi: boolean,
  image: WrittenImage | undefined,
): void {
  const own = context.of(component.name)
  if (!runs(app).includes(component)) {
    markOther(app, component, context, isApi)
    return
  }
  if (component.type === 'static') own.get('type').changed('an image with nginx')
  else own.get('type').kept(isApi ? 'applications' : 'services')
  own.get('port').kept('ports_exposes')
  markHealth(component, context, image)
  for (const mount of [...own.get('mounts').entries(), ...own.get('mounts').items()])
    mount.changed('a storage at that folder of the container')
  const scale = own.get('scale')
  scale.get('memory').kept('limits_memory')
  scale.get('cpu').kept('limits_cpus')
  if (component.instances > 1) scale.get('instances').lost('Coolify runs one container of an application, but for Swarm')
  else scale.get('instances').kept('one container')
  for (const key of ['max', 'because', 'sticky'] as const) scale.get(key).kept('one container')
  own.get('rollout').changed('the new container starts beside the old one, which goes when the new one is healthy')
  if (component.mounts.some((m) => m.writers === 'one')) {
    own
      .get('mounts')
      .finding(
        'warning',
        'W_OVERLAP',
        `Coolify does not see that only one ${component.name} may write: while it deploys, the old and the new one both do`,
        'Consistent Container Names, in the dashboard, stops the old one first',
      )
  }
  own.get('stop', 'grace').kept('stop_grace_period')
  own.get('stop', 'drain').lost('the old container gets its signal at once')
  own.get('schedule').lost('it answers requests')
  own
    .get('predeploy')
    .lost('Coolify’s hook before a deployment is skipped the first time', 'pre_deployment_command, in the dashboard')
  own.get('postdeploy').lost('written as a hook it may not have every character', 'post_deployment_command, in the dashboard')
  own.get('compatible').lost('Coolify knows no schemas')
  own.get('backup').lost('Coolify backs up no volumes')
  const on = isApi && image ? 'a scheduled task that is off: execute it in the dashboard' : 'a command to type in its terminal'
  for (const key of ['seed', 'tasks'] as const) own.get(key).changed(on)
  if (image) return
  for (const variable of variablesOf(app, component)) {
    const place = context.variable(component.name, variable.name)
    const said = verdictOf(variable.entry)
    if ('kept' in said) place.kept(said.kept)
    else place.changed(said.changed)
    for (const key of ['minLength', 'pattern', 'type', 'values', 'requiredIf'] as const)
      place.get(key).lost('Coolify checks no values')
  }
}

function markOther(app: App, component: Component, context: WriteContext, isApi: boolean): void {
  const own = context.of(component.name)
  const host = component.type === 'cron' && isApi ? hostOfCron(app, component) : undefined
  if (component.type === 'cron' && host) {
    for (const key of ['type', 'source', 'run', 'schedule'] as const) own.get(key).kept('scheduled-tasks')
    for (const key of ['build', 'env'] as const) own.get(key).changed(`those of ${host.name}, in whose container it runs`)
    own.get('scale').lost(`it shares the limits of ${host.name}`)
    own.finding(
      'changed',
      'W_CRON_CONTAINER',
      `${component.name} runs inside the container of ${host.name}, by the clock of the server`,
    )
  } else {
    const why = component.type === 'cron' ? 'no application has the same image' : 'Coolify runs what does not end'
    own.lost(why, 'make it a task of a component, and execute it there')
  }
}

function markHealth(component: Component, context: WriteContext, image: WrittenImage | undefined): void {
  const health = context.of(component.name).get('health')
  if (component.health?.type !== 'http') return
  health.get('path').kept('health_check_path')
  if (image) return
  health.get('json').lost('Coolify looks at the status alone', 'let the app answer 503 when it is not well')
  health.get('status').changed('any status below 400')
  for (const key of ['every', 'grace'] as const)
    health.get(key).kept(key === 'every' ? 'health_check_interval' : 'health_check_retries')
  health.get('host').lost('Coolify asks by localhost')
  if (typeof health.value === 'string') health.kept('health_check_path')
}
