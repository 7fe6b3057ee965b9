import type { Entry } from '../../model/target.ts'
import { freeName, named, ofKind, type Reading } from './reading.ts'

const TYPES: [RegExp, string][] = [
  [/(^|\/)(postgres|postgresql|postgis|pgvector|timescaledb)(:|@|$)/, 'postgres'],
  [/(^|\/)(redis|valkey)(:|@|$)/, 'redis'],
]
export const serverType = (image: string): string | undefined => TYPES.find(([is]) => is.test(image))?.[1]

/** Databases that Landfall has too. What they hold is not moved. */
export function readServers(reading: Reading): void {
  for (const { root, name } of ofKind(reading, 'Deployment', 'StatefulSet')) {
    const pod = root.get('spec', 'template', 'spec')
    const container = pod.get('containers').items()[0]
    const image = container?.get('image')
    const type = serverType(image?.text() ?? '')
    if (!container || !image || type === undefined) continue
    const resource = put(reading, name, type, /:(?:pg)?(\d{1,2})(?:[.-]|$)/.exec(image.text() ?? '')?.[1], root)
    for (const service of servicesOf(reading, root)) reading.servers.set(service, resource)
    reading.servers.set(name, resource)
    root.get('spec').changed(`a ${type} of the machine, as Landfall runs it`)
    root.finding(
      'warning',
      'W_DATA_STAYS',
      `what ${name} holds is not moved by importing`,
      `dump it, then landfall backup restore --into ${resource}`,
    )
    const args = container.get('args').items()
    const persistence = args.findIndex((a) => a.text() === '--appendonly')
    const options = reading.manifest.resources?.[resource]
    if (type === 'redis' && options && args[persistence + 1]?.text() === 'no' && persistence >= 0) options.persistence = 'none'
    const memory = args[args.findIndex((a) => a.text() === '--maxmemory') + 1]?.text()
    const [, digits, unit] = /^(\d+)(mb|gb)$/i.exec(memory ?? '') ?? []
    if (type === 'redis' && options && digits !== undefined)
      options.maxMemory = `${digits}${unit?.toLowerCase() === 'gb' ? 'Gi' : 'Mi'}`
  }
  for (const { root, name } of ofKind(reading, 'Cluster')) {
    if (!(root.get('apiVersion').text() ?? '').startsWith('postgresql.cnpg.io/')) {
      root.lost('nothing here knows what kind of cluster this is')
      continue
    }
    const image = root.get('spec', 'imageName').text() ?? ''
    const resource = put(reading, name, 'postgres', /:(\d{1,2})(?:[.-]|$)/.exec(image)?.[1], root)
    for (const end of ['', '-rw', '-ro', '-r']) reading.servers.set(`${name}${end}`, resource)
    root.get('spec').changed('a PostgreSQL of the machine: one, without another that takes over')
  }
}

function put(reading: Reading, name: string, type: string, version: string | undefined, root: Entry): string {
  const resource = freeName(reading, name, type === 'postgres' ? 'db' : 'cache')
  const number = Number(version ?? Number.NaN)
  reading.manifest.resources = {
    ...reading.manifest.resources,
    [resource]: { type, ...(Number.isInteger(number) && number > 0 && { version: number }) },
  }
  reading.because[`resources.${resource}`] = root.at.replace(/:\d+$/, '')
  return resource
}

/** Services that select the pods of an object. */
export function servicesOf(reading: Reading, workload: Entry): string[] {
  const labels = workload.get('spec', 'template', 'metadata', 'labels')
  return ofKind(reading, 'Service')
    .filter(({ root }) => {
      const selector = root.get('spec', 'selector').entries()
      return selector.length > 0 && selector.every((s) => s.text() !== undefined && labels.get(s.key).text() === s.text())
    })
    .map((s) => s.name)
}

/** Claims that components mount. Several pods on one need one that several may write to. */
export function readVolumes(reading: Reading): void {
  const { manifest, volumes } = reading
  for (const [claim, { name, users }] of volumes) {
    const found = named(reading, 'PersistentVolumeClaim', claim)
    const modes =
      found?.root
        .get('spec', 'accessModes')
        .items()
        .map((m) => m.text()) ?? []
    const count = users.reduce((n, u) => n + (manifest.components[u]?.scale?.instances ?? 1), 0)
    const isMany = modes.includes('ReadWriteMany') || count > 1
    manifest.resources = { ...manifest.resources, [name]: { type: 'volume', writers: isMany ? 'many' : 'one' } }
    if (!found) continue
    reading.because[`resources.${name}`] = found.root.at.replace(/:\d+$/, '')
    const spec = found.root.get('spec')
    for (const mode of spec.get('accessModes').items()) mode.kept(`resources.${name}.writers`)
    spec.get('resources').lost('a volume is as large as its disk')
    for (const key of ['storageClassName', 'volumeMode', 'volumeName', 'selector'])
      spec.get(key).lost('a volume is a folder of the machine')
    reading.steps.push({
      title: `copy what is in the claim ${claim}`,
      text: `into the folder of the volume ${name}, which \`landfall doctor\` names`,
    })
  }
  for (const { root, name } of ofKind(reading, 'PersistentVolumeClaim'))
    if (!volumes.has(name)) root.get('spec').lost('no pod mounts it')
}
