import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry } from '../../model/target.ts'
import type { Reading } from './read.ts'

const TYPES: [RegExp, string][] = [
  [/(^|\/)(postgres|postgis|pgvector|timescaledb)(:|@|$)|\/pgvector:/, 'postgres'],
  [/(^|\/)(redis|valkey)(:|@|$)/, 'redis'],
]

/** Accessories are servers beside the app: those that Landfall provides become resources. */
export function readAccessories(reading: Reading, accessories: Entry): void {
  const { manifest, because, service, file } = reading
  for (const accessory of accessories.entries()) {
    const image = accessory.get('image').text() ?? ''
    const type = TYPES.find(([is]) => is.test(image))?.[1]
    const name = nameFrom(accessory.key, 'accessory')
    if (type === undefined || Object.hasOwn(manifest.resources ?? {}, name)) {
      accessory.lost(
        `there is no resource for ${image === '' ? accessory.key : image.slice(0, 80)}`,
        'run it beside Landfall, and give its address as a variable',
      )
      continue
    }
    const version = Number(/:(?:pg)?(\d{1,2})(?:[.-]|$)/.exec(image)?.[1] ?? Number.NaN)
    const isKnown = Number.isInteger(version) && version > 0
    manifest.resources = { ...manifest.resources, [name]: { type, ...(isKnown && { version }) } }
    because[`resources.${name}`] = `${file}: accessories.${accessory.key}`
    // Containers on one network find it by this name.
    reading.accessories.set(`${service}-${accessory.key}`, name)
    reading.accessories.set(accessory.get('service').text() ?? `${service}-${accessory.key}`, name)
    accessory.get('image').changed(`a ${type}${isKnown ? ` ${version}` : ''} of the machine`)
    for (const key of ['host', 'hosts', 'role', 'roles', 'tags']) accessory.get(key).changed('it runs where Landfall is')
    accessory.get('port').changed('nobody else reaches it')
    accessory
      .get('env')
      .changed('users and passwords are made anew', `landfall backup restore --into ${name} takes a dump of the old one`)
    for (const key of ['directories', 'volumes', 'files'])
      accessory.get(key).lost('its data is not moved by importing', 'pg_dump, and a restore')
    for (const key of ['cmd', 'options', 'network', 'labels', 'registry', 'proxy'])
      accessory.get(key).lost('an option of Docker, which does not run it here')
  }
}
