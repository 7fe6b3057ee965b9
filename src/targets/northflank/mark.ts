import type { Component } from '../../model/app.ts'
import { markForeignImage, markTop, markUsual } from '../../translate/hosted/mark-hosted.ts'
import { variablesOf } from '../../translate/variables.ts'
import { planFor } from './plans.ts'
import { isManaged } from './values.ts'
import { canMake, type Draft } from './variables.ts'

/** Verdicts on what Northflank has a place for, and on what it has none for. */
export function markApp(draft: Draft): void {
  const { app, context, isFree, images } = draft
  const { manifest } = context
  if (app.name.length < 3) manifest.get('app').changed('names have three characters there')
  else manifest.get('app').kept('Project')
  markTop(app, context, 'Northflank', images)
  markResources(draft)
  for (const [i, route] of app.routes.entries()) {
    const entry = manifest.get('routes', i)
    const isFound = app.components.some((c) => c.name === route.to && (c.type === 'web' || c.type === 'static'))
    if (route.path === '/' && isFound) for (const part of entry.entries()) part.kept('ports.domains')
    else entry.lost('a domain of a port leads to all of its paths', 'paths of the domain, in the dashboard, or a host of its own')
    entry.get('cors').lost('a port adds no headers', 'paths of the domain have rules for it, in the dashboard')
  }
  manifest
    .get('backup')
    .changed(
      isFree ? 'by hand: `Backups` of the addon' : 'backupSchedules: dumps each night, kept for 30 days; volumes have none',
    )
  const [services, jobs] = [
    ['web', 'worker', 'static'],
    ['cron', 'job'],
  ].map((types) => app.components.filter((c) => types.includes(c.type)).length)
  const addons = app.resources.filter((r) => isManaged(app, r.name)).length
  if (isFree && ((services ?? 0) > 2 || (jobs ?? 0) > 2 || addons > 1)) {
    const message = `the sandbox has 2 services, 2 jobs and 1 addon; this app is ${services} services, ${jobs} jobs and ${addons} addons`
    manifest
      .get('components')
      .finding('warning', 'W_SANDBOX_FULL', message, 'pay as you go, or leave some out of the environment')
  }
  if (draft.aliases.size > 0 || draft.shared.size > 0) {
    const message =
      'what addons give, and what several services share, is a secret group, which every service of the project sees'
    manifest.get('resources').finding('changed', 'W_SECRETS_SHARED', message, 'restrict the group to services in the dashboard')
  }
  for (const component of app.components) markComponent(draft, component)
}

function markResources({ app, context, isFree }: Draft): void {
  for (const { name, type } of app.resources) {
    const entry = context.manifest.get('resources', name)
    if (type === 'volume') {
      if (isFree) entry.lost('the sandbox has no volumes', 'a bucket such as R2')
      else entry.changed('a Volume, which is never smaller than it was')
    } else if (!isManaged(app, name)) {
      if (entry.get('url').isThere || entry.get('relay').isThere) entry.changed('its address is an argument of the template')
      else entry.lost(`no addon is ${type} as it is here`, 'its variables are arguments of the template')
    } else {
      for (const option of entry.entries()) {
        if (option.key === 'type') option.kept('Addon')
        else if (option.key === 'version') option.kept('Addon: version')
        else if (option.key === 'maxMemory') option.changed('its plan says how much')
        else option.lost('the addon has no such option')
      }
    }
  }
}

function markComponent(draft: Draft, component: Component): void {
  const { app, context, images } = draft
  const own = context.of(component.name)
  const image = images.get(component.name)
  if (component.type === 'artifact' || (!image && component.source.type === 'folder')) {
    own.lost(component.type === 'artifact' ? 'nothing runs of it' : 'no builder knows how its image is made')
    return
  }
  markUsual(component, context, 'Northflank', 'a command to type: northflank exec service')
  const isJob = component.type === 'cron' || component.type === 'job'
  if (component.type === 'static') own.get('type').changed('an image with nginx')
  else own.get('type').kept({ cron: 'CronJob', job: 'ManualJob' }[component.type as string] ?? 'CombinedService')
  if (component.type === 'job')
    own.get('type').finding('changed', 'W_JOB_BY_HAND', `${component.name} runs when somebody runs it`, 'northflank run job')
  if (!image) {
    markForeignImage(component, context, 'deployment.external')
    if (own.get('run').isThere) {
      own.get('run').kept('customCommand')
      own
        .get('run')
        .finding(
          'changed',
          'W_CUSTOM_COMMAND',
          `the command takes the place of the entrypoint of ${component.name}’s image, without a shell`,
        )
    }
    for (const { name, value, entry } of variablesOf(app, component)) {
      const place = context.variable(component.name, name)
      if (value === undefined && entry.generate === undefined) place.kept('runtimeEnvironment, from an argument')
      else if (value?.type === 'text') place.kept('runtimeEnvironment')
      else if (value === undefined && canMake({ entry })) place.changed('fn.randomSecret makes it once')
      else place.changed('runtimeEnvironment, with the value that it has in this environment')
      for (const key of ['minLength', 'pattern', 'type', 'values', 'requiredIf'] as const)
        place.get(key).lost('Northflank looks at no values')
    }
  }
  own.get('port').kept('ports.internalPort')
  markHealth(component, draft)
  markScale(component, draft, isJob)
  own.get('stop', 'grace').kept('gracePeriodSeconds')
  const schedule = own.get('schedule')
  schedule.kept('schedule')
  schedule.get('timeout').kept('activeDeadlineSeconds')
  if (component.schedule?.overlap === 'queue') schedule.get('overlap').changed('concurrencyPolicy: forbid')
  else schedule.get('overlap').kept('concurrencyPolicy')
  for (const key of ['timeZone', 'zone'] as const) schedule.get(key).changed('Northflank counts in UTC')
  const zone = component.schedule?.timeZone ?? 'UTC'
  if (zone !== 'UTC')
    schedule.finding(
      'warning',
      'W_TIME_ZONE',
      `the schedule of ${component.name} is meant in ${zone}, and Northflank counts in UTC`,
      'write it in UTC',
    )
  markMounts(component, draft)
  if (component.type === 'web')
    own.finding(
      'changed',
      'W_PORT_GIVEN',
      `Northflank gives no PORT: the template sets it for ${component.name}, and NF_HOSTS has its public names`,
    )
}

function markHealth(component: Component, { context }: Draft): void {
  const health = context.of(component.name).get('health')
  const is = component.health
  if (is?.type !== 'http' && is?.type !== 'tcp') return
  if (typeof health.value === 'string') health.kept('healthChecks')
  if (is.type === 'http' && !/^\/([a-zA-Z0-9-._]+\/)*[a-zA-Z0-9-._]*$/.test(is.path)) {
    health.changed('a path with other signs is asked by TCP')
    health.get('path').changed('healthChecks by TCP')
  } else health.get('path').kept('healthChecks')
  health.get('tcp').kept('healthChecks')
  if (Number.isInteger(is.everySeconds)) health.get('every').kept('periodSeconds')
  else health.get('every').changed('periodSeconds, in whole seconds')
  health.get('grace').changed('failureThreshold: as many tries as fit into it')
  health.get('status').changed('any 2xx or 3xx')
  health.get('host').lost('Northflank asks by the address of the container')
  const json = health.get('json')
  json.lost('a probe looks at the status alone', 'let the app answer 503 when it is not well')
  if (json.isThere)
    json.finding(
      'warning',
      'W_HEALTH_STATUS_ONLY',
      'an app that answers 200 with another body counts as healthy there',
      'let it answer 503',
    )
}

function markScale(component: Component, { context }: Draft, isJob: boolean): void {
  const scale = context.of(component.name).get('scale')
  const { plan, cpus, memoryMiB } = planFor(component)
  for (const key of ['memory', 'cpu'] as const) scale.get(key).changed(`deploymentPlan: ${plan}`)
  if (component.limits.memoryMiB !== undefined || component.limits.cpus !== undefined)
    scale.finding(
      'changed',
      'W_PLAN_CHOSEN',
      `${component.name} is on the plan ${plan}: ${memoryMiB} MiB and ${cpus} of a processor`,
    )
  if (isJob) scale.get('instances').changed('one')
  else scale.get('instances').kept('instances')
  for (const key of ['max', 'because'] as const) scale.get(key).changed('nothing there adds instances by itself')
  scale.get('sticky').kept('loadBalancing')
}

function markMounts(component: Component, { app, context, isFree }: Draft): void {
  const mounts = context.of(component.name).get('mounts')
  const places = mounts.entries().length > 0 ? mounts.entries() : mounts.items()
  for (const [i, mount] of component.mounts.entries()) {
    const place = places[i] ?? mounts
    const first = app.components.find((c) => c.type !== 'static' && c.mounts.some((m) => m.volume === mount.volume))
    if (!isFree && component.type !== 'static')
      place.changed(first === component ? 'a Volume at that folder' : `a Volume, at the folder that ${first?.name} has`)
    else {
      place.lost('the sandbox has no volumes', 'a bucket such as R2')
      mounts.finding(
        'warning',
        'W_EPHEMERAL_DISK',
        `what ${component.name} writes to ${mount.volume} is gone with the next deployment`,
        'a bucket such as R2: uploads have to go there',
      )
    }
  }
}
