import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry, Read, ReadContext } from '../../model/target.ts'
import { readJobs } from './read-jobs.ts'
import { readRest } from './read-rest.ts'
import { readRoutes } from './read-routes.ts'
import { readServers, readVolumes } from './read-servers.ts'
import { readWorkloads } from './read-workload.ts'
import { markMetadata, ofKind, type Reading } from './reading.ts'

const KNOWN = new Set(
  [
    ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Service', 'ConfigMap', 'Secret'],
    ['PersistentVolumeClaim', 'Ingress', 'HTTPRoute', 'Gateway', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Cluster'],
    ['Namespace', 'Kustomization'],
  ].flat(),
)

/** Objects of Kubernetes: what runs as components, servers that Landfall has too as resources, and the way in as routes. */
export async function read(context: ReadContext): Promise<Read> {
  const reading: Reading = {
    context,
    objects: [],
    manifest: { components: {} },
    because: {},
    asked: new Set(),
    steps: [],
    components: new Map(),
    services: new Map(),
    servers: new Map(),
    volumes: new Map(),
  }
  for (const file of context.found) for (const root of context.open(file, 'yaml')) take(reading, file, root)
  const { manifest, because, steps, asked } = reading
  nameApp(reading)
  readServers(reading)
  readWorkloads(reading)
  readJobs(reading)
  readVolumes(reading)
  readRoutes(reading)
  readRest(reading)
  if (asked.size > 0)
    steps.unshift({
      title: 'set the values of its Secrets',
      commands: [...asked].sort().map((name) => `landfall env set ${name}`),
    })
  const { components, ...rest } = manifest
  return { manifest: Object.keys(components).length > 0 ? manifest : rest, because, steps }
}

function take(reading: Reading, file: string, root: Entry): void {
  const kind = root.get('kind').text() ?? (/(^|\/)kustomization\.ya?ml$/.test(file) ? 'Kustomization' : undefined)
  if (root.value === undefined || root.value === null) return
  if (kind === 'List') {
    root.get('apiVersion').changed('each object of it by itself')
    root.get('kind').changed('each object of it by itself')
    for (const item of root.get('items').items()) take(reading, file, item)
    return
  }
  if (kind === undefined || !KNOWN.has(kind)) {
    root.lost(kind === undefined ? 'this is no object of Kubernetes' : `nothing here knows what a ${kind.slice(0, 60)} is`)
    if (kind !== undefined)
      root.finding(
        'lost',
        'W_KUBERNETES_KIND',
        `${kind.slice(0, 60)}: an object that nothing here knows`,
        'carry over by hand what it does',
      )
    return
  }
  reading.objects.push({ root, kind, name: root.get('metadata', 'name').text() ?? '' })
  if (kind !== 'Kustomization') markMetadata(root)
}

/** By the label that says what objects are a part of. */
function nameApp(reading: Reading): void {
  for (const { root } of ofKind(reading, 'Deployment', 'StatefulSet', 'CronJob', 'Job')) {
    const label = root.get('metadata', 'labels', 'app.kubernetes.io/part-of')
    const name = nameFrom(label.text() ?? '', '')
    if (name === '') continue
    reading.manifest.app ??= name
    label.changed('app')
  }
}
