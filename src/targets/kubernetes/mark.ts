import { isKeptOut } from '../../lib/env/kept-out.ts'
import type { Component } from '../../model/app.ts'
import { markUnread, placeOf } from '../../translate/image/mark-image.ts'
import type { Draft } from './draft.ts'
import { hasService } from './draft.ts'
import { isAutoscaled } from './write-workload.ts'

/** Verdicts on what the cluster has a place for, and on what it has none for. */
export function markApp(draft: Draft): void {
  const { app, context } = draft
  const { manifest } = context
  manifest.get('app').kept('app.kubernetes.io/part-of')
  manifest.get('version').changed('the tag of the images, and a label')
  manifest.get('engine').lost('it runs on another one')
  markUnread(app, context)
  for (const entry of app.contract) {
    if (!entry.isKeptOut && !isKeptOut(entry, { environment: app.environment.name, target: 'kubernetes' })) continue
    placeOf(entry, context).changed('has no business there, so no pod gets it')
  }
  for (const entry of app.contract) {
    const place = placeOf(entry, context)
    for (const key of ['onRotate', 'about'] as const) place.get(key).lost('objects of Kubernetes explain nothing')
  }
  for (const group of manifest.get('groups').entries()) group.changed('the entrypoint of the image looks at it')
  manifest.get('checks').lost('nothing in a cluster asks them', 'landfall smoke asks them from outside')
  manifest.get('backup').lost('nothing in these files makes backups', 'CloudNativePG and Velero do, or landfall backup')
  manifest.get('keep', 'releases').kept('revisionHistoryLimit')
  manifest.get('keep').lost('revisions are counted, and not kept for a time')
  manifest.get('troubles').lost('they are for `landfall doctor` and the guide')
  manifest.get('protect').lost('who may change what is for RBAC to say')
  for (const component of app.components) markComponent(draft, component)
}

function markComponent(draft: Draft, component: Component): void {
  const { context } = draft
  const own = context.of(component.name)
  const isOurs = draft.images.has(component.name)
  if (component.type === 'artifact') {
    own.lost('a release publishes it, and nothing runs')
    return
  }
  own.get('port').kept('containerPort')
  if (!isOurs) {
    if (component.source.type === 'image') own.get('source').kept('image')
    else own.get('source').changed('an image that is built and pushed before')
    own.get('build').changed('an image that is built and pushed before')
    own.get('run').kept('args')
    own.get('test').lost('a cluster builds nothing')
    own.get('user').changed('the user of the image')
    own.get('stop', 'signal').lost('the image says which signal ends it', 'STOPSIGNAL')
    for (const need of own.get('needs').items()) need.changed('apply.sh starts servers first; nothing else waits')
  } else
    for (const need of own.get('needs').items()) need.changed('apply.sh starts servers first, and the release waits for them')
  markHealth(draft, component)
  for (const mount of own.get('mounts').entries()) {
    if (mount.text()?.startsWith('/')) mount.kept('volumeMounts')
    else mount.changed('a folder of the image, where its claim is mounted')
  }
  if (Array.isArray(own.get('mounts').value)) own.get('mounts').changed('mounted below /data')
  const scale = own.get('scale')
  scale.get('memory').kept('resources')
  scale.get('cpu').kept('resources')
  if (isAutoscaled(draft, component)) scale.get('instances').changed('minReplicas: an autoscaler decides')
  else if (component.type === 'cron' || component.type === 'job') scale.get('instances').lost('it runs to its end')
  else scale.get('instances').kept('replicas')
  scale.get('sticky').changed('sessionAffinity: by the address of who asks, as the Service sees it')
  for (const key of ['max', 'because'] as const)
    scale.get(key).lost('nothing keeps `kubectl scale` from more', 'a ResourceQuota, or a policy')
  if (component.instances === 1 && hasService(component) && component.rollout === 'overlap' && !isAutoscaled(draft, component)) {
    const message = `${component.name} is one pod: it is away while a node is drained, and a PodDisruptionBudget of one would keep nodes from being drained at all`
    own.finding('changed', 'W_ONE_POD', message, 'scale: { instances: 2 }')
  }
  if (component.rollout === 'replace') own.get('rollout').kept('strategy')
  else own.get('rollout').changed('RollingUpdate')
  own
    .get('stop', 'grace')
    .changed(
      hasService(component)
        ? 'terminationGracePeriodSeconds, with 5 s before the signal in which requests still come'
        : 'terminationGracePeriodSeconds',
    )
  own
    .get('stop', 'drain')
    .lost('a pod gets its signal at once', 'finish what is in hand before ending; stop.grace says how long that may take')
  const schedule = own.get('schedule')
  schedule.kept('schedule')
  if (component.schedule?.overlap === 'queue') schedule.get('overlap').lost('a CronJob leaves out what is due meanwhile')
  schedule.get('timeout').changed('activeDeadlineSeconds')
  for (const key of ['predeploy', 'postdeploy'] as const)
    own.get(key).lost('apply.sh has no such step', 'put it in front of apply.sh, or behind it')
  own.get('compatible').lost('Kubernetes knows no schemas: rolling back does not undo a migration')
  own.get('backup').lost('nothing in these files makes backups')
  own.get('url').lost('it is somebody else’s')
  own.get('archives').lost('a release publishes it, and nothing runs')
}

function markHealth(draft: Draft, component: Component): void {
  const health = draft.context.of(component.name).get('health')
  if (component.type === 'cron' || component.type === 'job') {
    health.lost('it ends by itself')
    return
  }
  if (component.health?.type === 'alive') {
    health.get('alive').changed('minReadySeconds')
    health.get('grace').changed('progressDeadlineSeconds')
    return
  }
  if (!hasService(component)) {
    health.lost('a worker listens nowhere, and a pod that ends is started again')
    return
  }
  if (typeof health.value === 'string') health.changed('readinessProbe')
  for (const key of ['path', 'tcp', 'host', 'every'] as const) health.get(key).kept('readinessProbe')
  health.get('grace').changed('startupProbe: so many tries, two seconds apart')
  const isExec = component.health?.type === 'http' && component.health.json !== undefined && draft.images.has(component.name)
  if (isExec) {
    for (const key of ['status', 'json'] as const) health.get(key).kept('readinessProbe')
    health.finding(
      'changed',
      'W_EXEC_PROBE',
      `${component.name} is asked by a program in its own pod: a probe over HTTP looks at the status alone`,
    )
  } else {
    const { status } = component.health?.type === 'http' ? component.health : {}
    if (status !== undefined && (status < 200 || status > 399)) health.get('status').lost('a probe wants 200 to 399')
    else health.get('status').changed('any status from 200 to 399')
  }
}
