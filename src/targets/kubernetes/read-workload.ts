import { isRequestPath, notAHost } from '../../manifest/names.ts'
import type { PartialComponent } from '../../manifest/partial.ts'
import type { Entry } from '../../model/target.ts'
import { readEnv } from './read-env.ts'
import { serverType, servicesOf } from './read-servers.ts'
import { type Found, freeName, ofKind, type Reading, templateOf } from './reading.ts'

/** What runs and lasts. Names first, so that each finds the others' addresses. */
export function readWorkloads(reading: Reading): void {
  const { manifest, because, components, services } = reading
  const found = ofKind(reading, 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet').filter(
    ({ root }) =>
      serverType(root.get('spec', 'template', 'spec', 'containers').items()[0]?.get('image').text() ?? '') === undefined,
  )
  for (const one of found) {
    const component = freeName(reading, one.name, 'web')
    const reached = servicesOf(reading, one.root)
    manifest.components[component] = { type: reached.length > 0 ? 'web' : 'worker' }
    because[`components.${component}`] = `${one.root.at.replace(/:\d+$/, '')}: ${one.kind} ${one.name}`.slice(0, 200)
    components.set(`${one.kind}/${one.name}`, component)
    for (const service of reached) services.set(service, component)
  }
  for (const one of found) readWorkload(reading, one)
}

function readWorkload(reading: Reading, { root, kind, name }: Found): void {
  const key = reading.components.get(`${kind}/${name}`) ?? ''
  const component = reading.manifest.components[key]
  if (!component) return
  const spec = root.get('spec')
  root.get('kind').kept(`components.${key}.type`)
  const replicas = spec.get('replicas').number()
  if (replicas !== undefined && Number.isInteger(replicas) && replicas >= 0 && replicas <= 50) {
    component.scale = { instances: replicas }
    spec.get('replicas').kept(`components.${key}.scale.instances`)
  }
  if (kind === 'DaemonSet') root.get('kind').changed('one for each node: here there is one machine')
  const keep = spec.get('revisionHistoryLimit').number()
  if (keep !== undefined && Number.isInteger(keep) && keep >= 1 && keep <= 50) {
    reading.manifest.keep = { releases: Math.max(keep, reading.manifest.keep?.releases ?? 1) }
    spec.get('revisionHistoryLimit').kept('keep.releases')
  }
  const strategy = spec.get('strategy')
  if (strategy.get('type').text() === 'Recreate') {
    component.rollout = 'replace'
    strategy.kept(`components.${key}.rollout`)
  } else strategy.changed('new instances start beside the old ones')
  spec.get('updateStrategy').changed('new instances start beside the old ones')
  spec.get('selector').changed('a component is found by its name')
  spec.get('progressDeadlineSeconds').changed('health.grace')
  const ready = spec.get('minReadySeconds').number()
  spec.get('template', 'metadata').changed('a component is found by its name')
  readPod(reading, spec.get('template', 'spec'), key, component)
  if (ready !== undefined && ready >= 0 && ready <= 600 && component.health === undefined && component.type === 'worker') {
    component.health = { alive: `${Math.round(ready)}s` }
    spec.get('minReadySeconds').kept(`components.${key}.health.alive`)
  }
  for (const claim of spec.get('volumeClaimTemplates').items()) {
    const volume = claim.get('metadata', 'name').text() ?? ''
    const path = mountOf(spec.get('template', 'spec'), volume)
    if (path === undefined) continue
    mount(reading, `${volume}-${name}`, volume, key, component, path)
    claim.changed('a volume: all instances have the same one')
  }
  for (const at of ['serviceName', 'podManagementPolicy', 'persistentVolumeClaimRetentionPolicy', 'ordinals'])
    spec.get(at).lost('instances have no names of their own')
}

/** The one container of a pod that is the app. */
export function readPod(reading: Reading, pod: Entry, key: string, component: PartialComponent): void {
  const [container, ...others] = pod.get('containers').items()
  for (const other of others) {
    other.lost('a component is one program', 'a component of its own')
    other.finding(
      'lost',
      'W_SIDECAR',
      `${(other.get('name').text() ?? 'a container').slice(0, 60)} runs in the pod of ${key}, and does not come along`,
    )
  }
  for (const init of pod.get('initContainers').items()) {
    init.lost('what must be done before is a step of the release, or a need', 'release: […] runs once, and not once per pod')
    init.finding(
      'warning',
      'W_INIT_CONTAINER',
      `${(init.get('name').text() ?? 'a container').slice(0, 60)} runs in every pod before it starts: several at once`,
    )
  }
  markPod(pod)
  if (!container) return
  container.get('name').changed('a component has one program')
  const image = container.get('image')
  if ((image.text() ?? '') !== '' && (image.text() ?? '').length <= 400) {
    component.source = { image: image.text() ?? '' }
    image.kept(`components.${key}.source`)
  }
  const env = readEnv(reading, container)
  if (Object.keys(env).length > 0) component.env = env
  readCommand(container, key, component)
  const port = container
    .get('ports')
    .items()
    .find((p) => (p.get('containerPort').number() ?? 0) > 0)
  for (const one of container.get('ports').items()) {
    if (one.key !== port?.key) one.lost('a component has one port')
    else one.changed('the port of a component')
  }
  const number = port?.get('containerPort').number() ?? 0
  if (port && component.type === 'web' && Number.isInteger(number) && number >= 1 && number <= 65_535) {
    component.port = number
    port.get('containerPort').kept(`components.${key}.port`)
  }
  readProbes(container, key, component)
  readSizes(container, key, component)
  readMounts(reading, pod, container, key, component)
  const sleep = container.get('lifecycle', 'preStop', 'sleep', 'seconds')
  sleep.changed('the edge sends nothing more before the signal comes')
  container.get('lifecycle').lost('nothing runs in an instance that ends', 'stop: { signal, grace }')
  const grace = pod.get('terminationGracePeriodSeconds').number()
  const rest = (grace ?? -1) - (sleep.number() ?? 0)
  if (grace !== undefined && rest >= 0 && rest <= 3600) {
    component.stop = { grace: `${Math.round(rest)}s` }
    pod.get('terminationGracePeriodSeconds').changed('stop.grace')
  }
  for (const at of [
    'securityContext',
    'imagePullPolicy',
    'terminationMessagePath',
    'terminationMessagePolicy',
    'tty',
    'stdin',
    'workingDir',
  ])
    container.get(at).lost('instances are processes of a user of their own')
}

function markPod(pod: Entry): void {
  pod.get('restartPolicy').changed('what ends is started again, but for jobs')
  for (const at of ['automountServiceAccountToken', 'enableServiceLinks']) pod.get(at).changed('there is no such thing here')
  for (const at of [
    'securityContext',
    'serviceAccountName',
    'serviceAccount',
    'imagePullSecrets',
    'hostNetwork',
    'dnsPolicy',
    'dnsConfig',
    'schedulerName',
    'priorityClassName',
    'runtimeClassName',
  ])
    pod.get(at).lost('instances are processes of a user of their own')
  for (const at of ['affinity', 'tolerations', 'nodeSelector', 'topologySpreadConstraints'])
    pod.get(at).lost('there is one machine')
}

function readCommand(container: Entry, key: string, component: PartialComponent): void {
  const words = [...container.get('command').items(), ...container.get('args').items()]
  if (words.length === 0 || words.some((w) => w.text() === undefined)) return
  const known = (name: string) => (name === 'PORT' || component.env?.[name] !== undefined ? `\${${name}}` : undefined)
  const own = words.map((w) => w.text() ?? '')
  component.run = own.map((w) => templateOf(w, known))
  for (const [i, entry] of words.entries()) {
    if (/\$\{(?!PORT\})/.test(String(component.run[i]).replaceAll('$$', ''))) entry.changed('with the value of a variable')
    else entry.kept(`components.${key}.run`)
  }
}

function readProbes(container: Entry, key: string, component: PartialComponent): void {
  const [readiness, startup, liveness] = ['readinessProbe', 'startupProbe', 'livenessProbe'].map((n) => container.get(n)) as [
    Entry,
    Entry,
    Entry,
  ]
  const probe = [readiness, startup, liveness].find((p) => p.isThere)
  if (component.type === 'web' && probe) {
    const health = healthOf(probe, key)
    if (health) {
      const every = probe.get('periodSeconds').number()
      const tries = startup.get('failureThreshold').number()
      const apart = startup.get('periodSeconds').number() ?? 10
      const grace = tries === undefined ? 0 : Math.round(tries * apart)
      const isEvery = probe === readiness && every !== undefined && every >= 1 && every <= 3600
      if (isEvery) probe.get('periodSeconds').kept(`components.${key}.health.every`)
      component.health = {
        ...health,
        ...(isEvery && { every: `${Math.round(every)}s` }),
        ...(grace >= 1 && grace <= 3600 && { grace: `${grace}s` }),
      }
      if (grace >= 1) startup.changed('health.grace')
    }
  } else probe?.lost('an instance that listens nowhere is healthy as long as it lives')
  if (liveness.isThere && probe !== liveness)
    liveness.changed('a process that ends is started again; one that hangs is noticed by health')
  if (startup.isThere && probe !== startup) startup.changed('health.grace')
  for (const one of [readiness, startup, liveness])
    for (const at of [
      'timeoutSeconds',
      'successThreshold',
      'failureThreshold',
      'initialDelaySeconds',
      'periodSeconds',
      'terminationGracePeriodSeconds',
    ])
      one.get(at).changed('a probe that fails is repeated until `grace` is over')
}

function healthOf(probe: Entry, key: string): Extract<PartialComponent['health'], object> | undefined {
  const http = probe.get('httpGet')
  const path = http.get('path').text() ?? (http.isThere ? '/' : undefined)
  if (path !== undefined && isRequestPath(path)) {
    http.get('path').kept(`components.${key}.health.path`)
    http.get('port').changed('probes ask the port that has the requests')
    http.get('scheme').changed('probes are plain: the edge has the certificates')
    const host = http
      .get('httpHeaders')
      .items()
      .find((h) => /^host$/i.test(h.get('name').text() ?? ''))
    const name = host?.get('value').text()
    http.get('httpHeaders').lost('probes send no headers but the host')
    if (name === undefined || notAHost(name) !== undefined) return { path }
    host?.changed('the host of the probe')
    return { path, host: name }
  }
  if (probe.get('tcpSocket').isThere) {
    probe.get('tcpSocket').kept(`components.${key}.health.tcp`)
    return { tcp: true }
  }
  const command = probe.get('exec', 'command')
  const last = command.items().at(-1)?.text() ?? ''
  const own = command.items().at(-2)?.text() === 'health' ? ruleOf(last) : undefined
  if (own) {
    command.kept(`components.${key}.health`)
    return own
  }
  probe
    .get('exec')
    .lost('probes come from outside of an instance, and this command runs inside', 'give `health` a path that says the same')
  probe.get('grpc').lost('probes ask over HTTP', 'health: { tcp: true }')
  return undefined
}

/** What our own program is asked with. */
function ruleOf(text: string): Extract<PartialComponent['health'], object> | undefined {
  try {
    const { path, status, json, host } = JSON.parse(text) as Record<string, unknown>
    if (typeof path !== 'string' || !isRequestPath(path)) return undefined
    return {
      path,
      ...(Number.isInteger(status) && (status as number) >= 100 && (status as number) <= 599 && { status: status as number }),
      ...(json !== undefined && { json }),
      ...(typeof host === 'string' && notAHost(host) === undefined && { host }),
    }
  } catch {
    return undefined // Another program's argument.
  }
}

function readSizes(container: Entry, key: string, component: PartialComponent): void {
  const resources = container.get('resources')
  const memory = resources.get('limits', 'memory').isThere
    ? resources.get('limits', 'memory')
    : resources.get('requests', 'memory')
  const [, digits, unit = ''] = /^(\d{1,12})(Mi|Gi|M|G)?$/.exec(memory.text() ?? '') ?? []
  const mib =
    digits === undefined ? 0 : Math.round(Number(digits) * ({ Mi: 1, Gi: 1024, M: 0.953_67, G: 953.67 }[unit] ?? 1 / 1_048_576))
  if (mib >= 1 && mib <= 1_000_000) {
    component.scale = { ...component.scale, memory: `${mib}Mi` }
    memory.kept(`components.${key}.scale.memory`)
  }
  const cpu = resources.get('limits', 'cpu').isThere ? resources.get('limits', 'cpu') : resources.get('requests', 'cpu')
  const [, count, milli] = /^(\d+(?:\.\d+)?)(m)?$/.exec(cpu.text() ?? '') ?? []
  const cores = count === undefined ? 0 : Number(count) / (milli ? 1000 : 1)
  if (cores >= 0.1 && cores <= 64) {
    component.scale = { ...component.scale, cpu: cores }
    cpu.kept(`components.${key}.scale.cpu`)
  }
  resources.get('requests').changed('limits are what an instance has')
  resources.get('limits').lost('there is no such limit here')
}

function readMounts(reading: Reading, pod: Entry, container: Entry, key: string, component: PartialComponent): void {
  for (const volume of pod.get('volumes').items()) {
    const name = volume.get('name').text() ?? ''
    const claim = volume.get('persistentVolumeClaim', 'claimName').text()
    const path = mountOf(pod, name)
    if (claim !== undefined && path !== undefined) {
      mount(reading, claim, claim, key, component, path)
      volume.changed('a volume')
    } else if (volume.get('emptyDir').isThere) volume.changed('an instance has a folder of its own for what need not last')
    else if (volume.get('secret').isThere) volume.lost('files of a Secret', 'NAME: { secret: true, delivery: file }')
    else volume.lost('Landfall mounts volumes alone', 'put the files into the source')
  }
  for (const one of container.get('volumeMounts').items()) {
    one.get('name').changed('the volume of that name')
    if (
      (component.mounts as Record<string, string> | undefined) &&
      Object.values(component.mounts ?? {}).includes(one.get('mountPath').text() ?? '')
    )
      one.get('mountPath').kept(`components.${key}.mounts`)
    else one.get('mountPath').changed('what is mounted there says what became of it')
    for (const at of ['subPath', 'readOnly', 'mountPropagation']) one.get(at).lost('a volume is mounted as a whole')
  }
}

function mountOf(pod: Entry, volume: string): string | undefined {
  const [container] = pod.get('containers').items()
  const path = container
    ?.get('volumeMounts')
    .items()
    .find((m) => m.get('name').text() === volume)
    ?.get('mountPath')
    .text()
  return path !== undefined && /^\/[\w./-]+$/.test(path) && !path.split('/').includes('..') ? path : undefined
}

function mount(reading: Reading, claim: string, name: string, key: string, component: PartialComponent, path: string): void {
  const known = reading.volumes.get(claim)
  const is = known ?? { name: freeName(reading, name, 'data'), users: [] }
  if (!known) {
    reading.volumes.set(claim, is)
    reading.manifest.resources = { ...reading.manifest.resources, [is.name]: { type: 'volume' } }
  }
  if (!is.users.includes(key)) is.users.push(key)
  component.mounts = { ...(component.mounts as Record<string, string> | undefined), [is.name]: path }
}
