import type { PartialManifest } from '../../manifest/partial.ts'
import type { Entry, ManualStep, Read, ReadContext } from '../../model/target.ts'
import { nameOf } from '../../translate/hosted/read-text.ts'
import { type Bindings, readGroup } from './read-env.ts'
import { readService } from './read-service.ts'

export interface Reading {
  context: ReadContext
  manifest: PartialManifest
  because: Record<string, string>
  steps: Map<string, ManualStep>
  path: string
  bindings: Bindings
}

/** Services, databases and groups of a Blueprint: those of the root, and those of the first environment of each project. */
export async function read(context: ReadContext): Promise<Read> {
  const manifest: PartialManifest = {}
  const because: Record<string, string> = {}
  const steps = new Map<string, ManualStep>()
  for (const path of context.found) {
    for (const root of context.open(path, 'yaml')) {
      if (root.value === undefined) continue
      const reading: Reading = {
        context,
        manifest,
        because,
        steps,
        path,
        bindings: { databases: new Map(), services: new Map(), groups: new Map(), hosts: new Set() },
      }
      readRoot(reading, root)
    }
  }
  return { manifest, because, steps: [...steps.values()] }
}

function readRoot(reading: Reading, root: Entry): void {
  const lists = [root]
  const ungrouped = root.get('ungrouped')
  if (ungrouped.isThere) lists.push(ungrouped)
  let prefix: string | undefined
  for (const [i, project] of root.get('projects').items().entries()) {
    const name = nameOf(project.get('name').text(), nameOf(reading.context.folderName))
    if (i === 0) {
      reading.manifest.app ??= name
      project.get('name').kept('app')
      prefix = name
    } else project.get('name').changed('one app has all of it')
    for (const [j, environment] of project.get('environments').items().entries()) {
      if (j > 0) {
        environment.lost('one environment is read', 'write what differs under `environments`')
        continue
      }
      environment.get('name').changed('the environment is chosen by --env')
      environment.get('networking').lost('every app has a network of its own')
      environment.get('permissions').lost('`protect` says that changes are confirmed')
      lists.push(environment)
    }
  }
  reading.manifest.app ??= nameOf(reading.context.folderName)
  root.get('previews').lost('there are no previews of branches')
  root.get('version').changed('the version of the format')
  // Names first: what refers to them may stand before them.
  const services = lists.flatMap((l) => l.get('services').items())
  for (const list of lists) for (const database of list.get('databases').items()) readDatabase(reading, database, prefix)
  for (const service of services) nameService(reading, service, prefix)
  for (const list of lists) for (const group of list.get('envVarGroups').items()) readGroup(reading, group)
  for (const service of services) readService(reading, service)
}

function plainName(name: string | undefined, prefix: string | undefined, otherwise: string): string {
  const text = nameOf(name, otherwise)
  return prefix !== undefined && text.startsWith(`${prefix}-`) ? nameOf(text.slice(prefix.length + 1), text) : text
}

const isStore = (service: Entry) => /^(keyvalue|redis)$/.test(service.get('type').text() ?? '')

function nameService(reading: Reading, service: Entry, prefix: string | undefined): void {
  const said = service.get('name').text() ?? ''
  let name = plainName(said, prefix, isStore(service) ? 'cache' : 'web')
  const { services, databases, hosts } = reading.bindings
  const taken = new Set([...[...services.values()].map((s) => s.name), ...databases.values()])
  while (taken.has(name)) name = `${name}-2`.slice(0, 40)
  services.set(said, { name, isStore: isStore(service), entry: service })
  if (domainsOf(service).length > 0) hosts.add(name)
  if (!isStore(service)) return
  reading.manifest.resources = { ...reading.manifest.resources, [name]: { type: 'redis', ...persistence(service) } }
  reading.because[`resources.${name}`] = `${reading.path}: keyvalue ${said}`
  service.get('type').kept(`resources.${name}`)
  service.get('name').kept(`resources.${name}`)
  service.get('persistenceMode').changed('persistence')
  service.get('ipAllowList').changed('nobody from outside reaches it')
  for (const key of ['plan', 'previewPlan', 'region'] as const) service.get(key).lost('it runs on this machine', 'maxMemory')
  service.get('maxmemoryPolicy').lost('Landfall’s own says what goes when it is full')
}

function persistence(service: Entry): Record<string, unknown> {
  const mode = service.get('persistenceMode').text()
  const isOff = mode === 'off' || service.get('plan').text() === 'free'
  return isOff ? { persistence: 'none' } : {}
}

export const domainsOf = (service: Entry): Entry[] => [...service.get('domains').items(), ...service.get('domain').items()]

function readDatabase({ manifest, because, path, bindings }: Reading, database: Entry, prefix: string | undefined): void {
  const said = database.get('name').text() ?? ''
  const name = plainName(said, prefix, 'db')
  bindings.databases.set(said, name)
  const version = Number(database.get('postgresMajorVersion').text())
  const isKnown = Number.isInteger(version) && version >= 14 && version <= 18
  manifest.resources = { ...manifest.resources, [name]: { type: 'postgres', ...(isKnown && { version }) } }
  because[`resources.${name}`] = `${path}: database ${said}`
  database.get('name').kept(`resources.${name}`)
  if (isKnown) database.get('postgresMajorVersion').kept(`resources.${name}.version`)
  else database.get('postgresMajorVersion').lost('no version that there is here')
  for (const key of ['databaseName', 'user'] as const) database.get(key).changed('Landfall has names of its own')
  for (const key of ['plan', 'region', 'previewPlan', 'previewDiskSizeGB', 'diskSizeGB', 'storageAutoscalingEnabled'] as const)
    database.get(key).lost('it runs on this machine')
  database.get('ipAllowList').changed('nobody from outside reaches it')
  database.get('highAvailability').lost('there is one server')
  database.get('readReplicas').lost('there is one server', 'readonlyUrl is for those who only read')
  database.get('connectionPool').lost('there is no pooler', 'pool says how many connections a component may have')
}
