import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry } from '../../model/target.ts'
import type { Reading } from './read.ts'

/** `name:/path`: every role mounts it. */
export function readVolumes(reading: Reading, volumes: Entry): void {
  const { manifest, steps } = reading
  const own = Object.values(manifest.components)
  const isMany = own.length > 1 || own.some((c) => (c.scale?.instances ?? 1) > 1)
  for (const entry of volumes.items()) {
    const [from = '', path = '', mode] = (entry.text() ?? '').split(':')
    const isHost = from.startsWith('/') || from.startsWith('.')
    let name = nameFrom(isHost ? (path.split('/').at(-1) ?? '') : from, 'data')
    const isTaken = (n: string) => Object.hasOwn(manifest.resources ?? {}, n) || Object.hasOwn(manifest.components, n)
    for (let i = 2; isTaken(name); i++) name = `${name.slice(0, 34)}-${i}`
    if (!/^\/[\w./-]+$/.test(path) || path.split('/').includes('..') || own.length === 0) {
      entry.lost('this is no volume with a folder')
      continue
    }
    manifest.resources = { ...manifest.resources, [name]: { type: 'volume', ...(isMany && { writers: 'many' }) } }
    for (const component of own) component.mounts = { ...(component.mounts as Record<string, string> | undefined), [name]: path }
    if (mode !== undefined && mode !== 'rw') entry.changed('every role may write to it')
    else if (isHost) entry.changed(`a volume ${name}: the folder ${from} of the server is not moved by importing`)
    else entry.changed(`a volume ${name}`)
    steps.push({
      title: `copy what is in ${from}`,
      text: `into the folder of the volume ${name}, which \`landfall doctor\` names`,
    })
  }
}
