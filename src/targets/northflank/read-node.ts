import type { Entry } from '../../model/target.ts'
import { nameOf } from '../../translate/hosted/read-text.ts'
import { type Node, plainName, type Reading } from './read.ts'
import { readSecretGroup } from './read-env.ts'
import { readService } from './read-service.ts'

const SERVICES = /^(CombinedService|DeploymentService|BuildService|CronJob|ManualJob)$/
const RUNS = /^(JobRun|Build|Condition|Message|Action|AddonBackup|AddonImport)$/

/** `names` tells only what everything is called. */
export function readNode(reading: Reading, node: Node, what: 'names' | 'all'): void {
  const { kind, ref, spec } = node
  if (kind === 'Addon') {
    if (what === 'names') nameAddon(reading, node)
    else readAddon(reading, node)
  } else if (SERVICES.test(kind)) {
    if (what === 'names') nameService(reading, node)
    else readService(reading, node)
  } else if (what === 'names') {
    if (ref !== '') reading.refs.set(ref, { name: '', type: 'other' })
  } else if (kind === 'Project') {
    spec.get('name').kept('app')
    for (const key of ['description', 'color', 'region', 'networking', 'clusterId'] as const)
      spec.get(key).lost('it runs on this machine')
  } else if (kind === 'SecretGroup') reading.later.push(() => readSecretGroup(reading, node))
  else if (kind === 'Volume') readVolume(reading, spec)
  else if (kind === 'Subdomain' || kind === 'SubdomainPath')
    spec.lost('domains are routes', 'routes: - { host: …, path: …, to: … }')
  else if (RUNS.test(kind)) spec.lost('a release has an order of its own', 'what runs before traffic belongs under `release`')
  else spec.lost(`nothing here is a ${/^\w{1,40}$/.test(kind) ? kind : 'node of that kind'}`)
}

function nameAddon(reading: Reading, { ref, spec }: Node): void {
  const type = { postgresql: 'postgres', postgres: 'postgres', redis: 'redis' }[spec.get('type').text() ?? ''] as
    | 'postgres'
    | 'redis'
    | undefined
  const base = plainName(reading, spec.get('name').text(), type === 'redis' ? 'cache' : 'db')
  const name = free(reading, base)
  if (ref !== '') reading.refs.set(ref, type ? { name, type } : { name, type: 'other' })
  if (type) reading.manifest.resources = { ...reading.manifest.resources, [name]: { type } }
}

const free = (reading: Reading, base: string): string => {
  let name = base
  const taken = new Set([...Object.keys(reading.manifest.resources ?? {}), ...reading.services.values()])
  while (taken.has(name)) name = `${name.slice(0, 37)}-2`
  return name
}

function readAddon(reading: Reading, { ref, spec }: Node): void {
  const known = reading.refs.get(ref)
  const type = spec.get('type').text() ?? ''
  if (!known || known.type === 'other' || known.type === 'component') {
    spec.lost(
      `there is no resource ${/^\w{1,30}$/.test(type) ? type : 'of that type'}`,
      'give its variables by `landfall env set`',
    )
    return
  }
  const to = `resources.${known.name}`
  reading.because[to] = `${reading.path}: addon ${spec.get('name').text()}`
  const version = Number(/^\d+/.exec(spec.get('version').text() ?? '')?.[0])
  const isKnown = known.type === 'postgres' ? version >= 14 && version <= 18 : version >= 6 && version <= 8
  if (known.type === 'postgres' && isKnown) {
    reading.manifest.resources = { ...reading.manifest.resources, [known.name]: { type: known.type, version } }
    spec.get('version').kept(`${to}.version`)
  } else spec.get('version').changed('the version that Landfall has')
  spec.get('type').kept(`${to}.type`)
  spec.get('name').kept(to)
  spec.get('tlsEnabled').changed('it is reached on this machine alone')
  for (const key of ['externalAccessEnabled', 'ipPolicies'] as const) spec.get(key).changed('nobody from outside reaches it')
  spec.get('billing').lost('it runs on this machine')
  spec.get('backupSchedules').changed('backups are made by Landfall', 'backup: { every: 1d, keep: 30d }')
  for (const key of ['pitrEnabled', 'typeSpecificSettings', 'source', 'infrastructure', 'customCredentials'] as const)
    spec.get(key).lost('the resource has no such option')
}

function nameService(reading: Reading, { ref, spec }: Node): void {
  const said = spec.get('name').text() ?? ''
  const name = free(reading, plainName(reading, said, 'web'))
  reading.services.set(said, name)
  if (ref !== '') reading.refs.set(ref, { name, type: 'component' })
}

function readVolume(reading: Reading, spec: Entry): void {
  const { manifest, refs } = reading
  const users = spec
    .get('attachedObjects')
    .items()
    .flatMap((item) => {
      const ref = /^\$\{refs\.([\w-]+)\.id\}$/.exec(item.get('id').text() ?? '')?.[1] ?? ''
      const name = refs.get(ref)?.type === 'component' ? refs.get(ref)?.name : reading.services.get(item.get('id').text() ?? '')
      const component = name === undefined ? undefined : manifest.components?.[name]
      return component && component.type !== 'static' ? [component] : []
    })
  const path = spec.get('mounts', 0, 'containerMountPath').text() ?? ''
  if (users.length === 0 || !/^\/[\w./-]+$/.test(path) || path.includes('..')) {
    spec.lost('no service that is known mounts it at a folder')
    return
  }
  const name = free(reading, plainName(reading, nameOf(spec.get('name').text(), 'data'), 'data'))
  const isMany = spec.get('spec', 'accessMode').text() === 'ReadWriteMany' || users.length > 1
  const size = spec.get('spec', 'storageSize').number()
  const hasSize = size !== undefined && Number.isInteger(size) && size > 0 && size < 10_000_000
  manifest.resources = {
    ...manifest.resources,
    [name]: { type: 'volume', ...(isMany && { writers: 'many' }), ...(hasSize && { size: `${size}Mi` }) },
  }
  for (const component of users) {
    component.mounts = { ...(Array.isArray(component.mounts) ? {} : component.mounts), [name]: path }
    if (!isMany && component.scale?.instances !== undefined && Number(component.scale.instances) > 1)
      component.scale.instances = 1
  }
  spec.get('name').kept(`resources.${name}`)
  spec.get('mounts', 0, 'containerMountPath').kept('mounts')
  spec.get('mounts').changed('all of a volume is mounted')
  spec.get('attachedObjects').kept('mounts')
  spec.get('spec', 'accessMode').kept(`resources.${name}.writers`)
  spec.get('spec', 'storageSize').kept(`resources.${name}.size`)
  spec.get('spec', 'storageClassName').lost('it is a folder of this machine')
}
