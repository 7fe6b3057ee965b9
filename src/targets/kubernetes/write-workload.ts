import { digestOf } from '../../lib/digest.ts'
import type { Component } from '../../model/app.ts'
import { toolOf } from '../../translate/image/entrypoint.ts'
import { add, type Draft, folderOf, hasService, imageName, labelsOf, type Mapping, portOf, selectorOf } from './draft.ts'
import { environmentOf, wordsOf } from './values.ts'

/** Time between the end of a pod and the last proxy that has heard of it: until then requests still come. */
const RACE_SECONDS = 5

/** Everything of a component that lasts: Deployment or CronJob, Service, budget, autoscaler. */
export function writeWorkload(draft: Draft, component: Component): void {
  const { name } = component
  const { context } = draft
  const file = `${name}.yaml`
  const entry = context.of(name)
  const labels = labelsOf(draft, name)
  const pod = podOf(draft, component)
  const config = draft.documents.get('config.yaml')?.find((d) => (d.metadata as { name?: string }).name === `${name}-env`)
  const template = {
    // A change of the values alone must bring new pods too.
    metadata: { labels, ...(config && { annotations: { 'landfall/values': digestOf(config.data) } }) },
    spec: pod,
  }
  if (component.type === 'cron') {
    add(draft, file, cronJob(draft, component, template, labels))
    entry.get('type').kept('CronJob')
    return
  }
  if (component.type === 'job') {
    draft.jobs.add(`jobs/${name}.yaml`)
    add(draft, `jobs/${name}.yaml`, jobOf(name, labels, { ...template, spec: { ...pod, restartPolicy: 'Never' } }, 0))
    entry.get('type').kept('Job')
    return
  }
  const isReplaced = component.rollout === 'replace'
  const isScaled = isAutoscaled(draft, component)
  add(draft, file, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      ...(!isScaled && { replicas: component.instances }),
      revisionHistoryLimit: draft.app.keep.releases,
      progressDeadlineSeconds: Math.max(600, graceOf(component) * 2),
      ...(component.health?.type === 'alive' && { minReadySeconds: Math.ceil(component.health.settleSeconds) }),
      strategy: isReplaced ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: selectorOf(draft, name) },
      template,
    },
  })
  if (component.type === 'static') entry.get('type').changed('a Deployment of nginx with the files')
  else entry.get('type').kept('Deployment')
  if (isReplaced) {
    const message = `the old ${name} stops before the new one starts: while that lasts, nobody answers`
    entry.finding('changed', 'W_RECREATE', message, 'two must not write at once, so there is no other way')
  }
  if (hasService(component)) {
    add(draft, file, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels },
      spec: {
        type: 'ClusterIP',
        selector: selectorOf(draft, name),
        ...(component.isSticky && { sessionAffinity: 'ClientIP' }),
        ports: [{ name: 'http', port: portOf(component), targetPort: 'http', protocol: 'TCP' }],
      },
    })
  }
  if (component.instances > 1 || isScaled) {
    add(draft, file, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, labels },
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(draft, name) } },
    })
  }
  if (isScaled) autoscaler(draft, component, file, labels)
}

export function isAutoscaled(draft: Draft, component: Component): boolean {
  const most = draft.choices.autoscale ?? 0
  return (
    component.type === 'web' &&
    component.rollout === 'overlap' &&
    component.max === undefined &&
    most > Math.max(1, component.instances)
  )
}

function autoscaler(draft: Draft, component: Component, file: string, labels: Record<string, string>): void {
  add(draft, file, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: component.name, labels },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: component.name },
      minReplicas: Math.max(1, component.instances),
      maxReplicas: draft.choices.autoscale,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
    },
  })
}

/** The ConfigMap of what is no secret, before anything that reads it. */
export function podOf(draft: Draft, component: Component, command?: { args?: string[]; isRelease?: boolean }): Mapping {
  const { name } = component
  const isOurs = draft.images.has(name)
  const environment = component.type === 'static' ? { list: [], plain: {} } : environmentOf(draft, component)
  const known = draft.documents.get('config.yaml')?.some((d) => (d.metadata as { name?: string }).name === `${name}-env`)
  if (Object.keys(environment.plain).length > 0 && !known) {
    add(draft, 'config.yaml', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-env`, labels: labelsOf(draft, name) },
      data: environment.plain,
    })
  }
  // What a release does, its job does: pods only start.
  const skip = isOurs && component.type !== 'static' && !command?.isRelease ? [{ name: 'LANDFALL_PREPARE', value: 'no' }] : []
  const env = [...environment.list, ...skip]
  const args = command?.args ?? (isOurs || !component.command ? undefined : wordsOf(draft, component, component.command))
  const mounts = component.mounts.flatMap((m) => {
    const path = folderOf(draft, component, m.volume)
    return path === undefined ? [] : [{ name: m.volume, mountPath: path }]
  })
  const lasts = command === undefined && (component.type === 'web' || component.type === 'worker' || component.type === 'static')
  const writesDisk = component.type === 'static'
  return {
    automountServiceAccountToken: false,
    // Otherwise a Service called redis would put REDIS_PORT into every container.
    enableServiceLinks: false,
    ...(isOurs && {
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1001,
        runAsGroup: 1001,
        fsGroup: 1001,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    }),
    ...(lasts && { terminationGracePeriodSeconds: Math.ceil(component.stop.graceSeconds) + preStopOf(component) }),
    containers: [
      {
        name,
        image: imageName(draft, component),
        ...(args && { args }),
        ...(env.length > 0 && { env }),
        ...(Object.keys(environment.plain).length > 0 && { envFrom: [{ configMapRef: { name: `${name}-env` } }] }),
        ...(lasts && hasService(component) && { ports: [{ name: 'http', containerPort: portOf(component), protocol: 'TCP' }] }),
        ...(lasts && probesOf(draft, component)),
        ...(lasts && hasService(component) && { lifecycle: { preStop: { sleep: { seconds: preStopOf(component) } } } }),
        ...resourcesOf(component),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        ...((mounts.length > 0 || writesDisk) && {
          volumeMounts: [...mounts, ...(writesDisk ? [{ name: 'tmp', mountPath: '/tmp' }] : [])],
        }),
      },
    ],
    ...((mounts.length > 0 || writesDisk) && {
      volumes: [
        ...mounts.map((m) => ({ name: m.name, persistentVolumeClaim: { claimName: m.name } })),
        ...(writesDisk ? [{ name: 'tmp', emptyDir: {} }] : []),
      ],
    }),
  }
}

export const preStopOf = (component: Component): number => (hasService(component) ? RACE_SECONDS : 0)
const graceOf = ({ health }: Component): number => Math.ceil(health?.timeoutSeconds ?? 60)

function resourcesOf({ limits: { memoryMiB, cpus } }: Component): Mapping {
  const sizes = {
    ...(cpus !== undefined && { cpu: Number.isInteger(cpus) ? String(cpus) : `${Math.round(cpus * 1000)}m` }),
    ...(memoryMiB !== undefined && { memory: `${memoryMiB}Mi` }),
  }
  return Object.keys(sizes).length > 0 ? { resources: { requests: sizes, limits: sizes } } : {}
}

function probesOf(draft: Draft, component: Component): Mapping {
  const probe = probeOf(draft, component)
  if (!probe) return {}
  const grace = graceOf(component)
  const every = Math.max(
    1,
    Math.round(component.health && 'everySeconds' in component.health ? component.health.everySeconds : 10),
  )
  return {
    startupProbe: { ...probe, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: Math.max(1, Math.ceil(grace / 2)) },
    readinessProbe: { ...probe, periodSeconds: every, timeoutSeconds: 5, failureThreshold: 3 },
    // Never what asks a database: where that is away, starting all pods anew helps nobody.
    livenessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  }
}

function probeOf(draft: Draft, component: Component): Mapping | undefined {
  const { health, name } = component
  const place = draft.context.of(name).get('health')
  if (component.type === 'static') return { httpGet: { path: '/', port: 'http' } }
  if (!health || !hasService(component)) return undefined
  if (health.type === 'tcp') return { tcpSocket: { port: 'http' } }
  if (health.type !== 'http') return undefined
  const plan = draft.images.get(name)?.plan
  const tool = plan && toolOf(plan)
  const { path, status, json, host } = health
  if (json !== undefined && tool) {
    const rule = { path, ...(status !== undefined && { status }), json, ...(host !== undefined && { host }) }
    return { exec: { command: [...tool, 'health', JSON.stringify(rule)] } }
  }
  if (json !== undefined) {
    const hint = 'let the program answer 503 when it is not well'
    place.get('json').lost('a probe looks at the status alone, and the image has no program that could look further', hint)
    place.finding('warning', 'W_HEALTH_STATUS_ONLY', `a ${name} that answers 200 with another body counts as ready`, hint)
  }
  return { httpGet: { path, port: 'http', ...(host !== undefined && { httpHeaders: [{ name: 'Host', value: host }] }) } }
}

function cronJob(draft: Draft, component: Component, template: Mapping, labels: Record<string, string>): Mapping {
  const { schedule, name } = component
  const spec = template.spec as Mapping
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, labels },
    spec: {
      schedule: schedule?.expression ?? '@daily',
      timeZone: schedule?.timeZone ?? 'Etc/UTC',
      concurrencyPolicy: schedule?.overlap === 'replace' ? 'Replace' : 'Forbid',
      startingDeadlineSeconds: 3600,
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          activeDeadlineSeconds: Math.ceil(schedule?.timeoutSeconds ?? 3600),
          template: {
            ...template,
            metadata: { labels: { ...labels, ...selectorOf(draft, name) } },
            spec: { ...spec, restartPolicy: 'Never' },
          },
        },
      },
    },
  }
}

/** Of a release or a task: kept for an hour, so that somebody can read what it said. */
export function jobOf(name: string, labels: Record<string, string>, template: Mapping, backoffLimit: number): Mapping {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels },
    spec: { backoffLimit, ttlSecondsAfterFinished: 86_400, template },
  }
}
