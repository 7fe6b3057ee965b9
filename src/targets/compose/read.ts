import type { PartialComponent, PartialManifest } from '../../manifest/partial.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry, ManualStep, Read, ReadContext } from '../../model/target.ts'
import { withDefaults } from './interpolation.ts'
import { all, openProject, type Project, pick, type Service } from './project.ts'
import { manifestWords, stepsOf, wordsOf } from './read-command.ts'
import { readResource, resourceType } from './read-resources.ts'
import { defaultHost, type FoundRoute, isGateway, readGateway, readLabels } from './read-routes.ts'
import { readService, taskName } from './read-service.ts'
import { Reading } from './reading.ts'

export async function read(context: ReadContext): Promise<Read> {
  const project = openProject(context)
  if (!project) return { manifest: {}, because: {}, steps: [] }
  const reading = new Reading(context, project)
  const parts = sortServices(reading)
  const manifest: PartialManifest = { app: appName(project, context) }
  const because: Record<string, string> = {}
  const resources: Record<string, Record<string, unknown> & { type: string }> = {}
  for (const { service, type } of parts.resources) {
    const name = reading.resources.get(service.name)?.name ?? service.name
    resources[name] = { ...readResource(reading, service, type), type }
    because[`resources.${name}`] = `${placeOf(service)}: ${service.name} is ${pick(service, 'image').text() ?? type}`
  }
  const components: Record<string, PartialComponent> = {}
  const passed = parts.gateways.flatMap((g) => readGateway(reading, g))
  for (const service of parts.own) {
    const name = reading.componentName(service.name)
    const { component } = readService(reading, service)
    components[name] = component
    because[`components.${name}`] = `${placeOf(service)}: ${service.name}`
    profilesOf(service, component)
  }
  for (const service of parts.helpers) readHelper(reading, service, parts, components)
  for (const service of parts.own) readNeeds(reading, service, parts, components)
  for (const [volume, name] of reading.volumes) resources[name] = { type: 'volume', ...writersOf(volume, parts.own, components) }
  const routes = routesOf(reading, parts, components, passed)
  readTops(reading, parts)
  if (Object.keys(components).length > 0) manifest.components = components as NonNullable<PartialManifest['components']>
  if (Object.keys(resources).length > 0) manifest.resources = resources
  if (Object.keys(reading.top).length > 0) manifest.env = reading.top
  if (routes.length > 0) manifest.routes = routes
  return { manifest, because, steps: stepsFor(reading) }
}

interface Parts {
  resources: { service: Service; type: string }[]
  gateways: Service[]
  own: Service[]
  /** One-shot services that belong to a component: its release, its tasks. */
  helpers: { service: Service; role: 'release' | 'task'; of: Service[] }[]
}

/** What each service is, before any of them is read: they speak of each other. */
function sortServices(reading: Reading): Parts {
  const { services } = reading.project
  const parts: Parts = { resources: [], gateways: [], own: [], helpers: [] }
  const rest: Service[] = []
  for (const service of services) {
    const type = resourceType(service)
    if (type === undefined) rest.push(service)
    else {
      parts.resources.push({ service, type })
      reading.resources.set(service.name, { name: reading.componentName(service.name), type })
    }
  }
  const buildOf = (service: Service) =>
    JSON.stringify([placeText(service), all(service, 'build').length > 0 ? '' : pick(service, 'image').text()])
  const isOneShot = (service: Service) => !['always', 'unless-stopped'].includes(pick(service, 'restart').text() ?? 'no')
  const waitingFor = (service: Service) =>
    rest.filter((other) => other !== service && conditionOf(other, service.name) === 'service_completed_successfully')
  const twinsOf = (service: Service) =>
    rest.filter((other) => other !== service && buildOf(other) === buildOf(service) && !isHelperLike(other))
  const releases = rest.filter((service) => waitingFor(service).length > 0 && twinsOf(service).length > 0)
  for (const service of rest) {
    const twins = twinsOf(service).filter((t) => !releases.includes(t))
    if (releases.includes(service)) {
      const waiting = waitingFor(service).filter((w) => twins.includes(w))
      parts.helpers.push({ service, role: 'release', of: [...waiting, ...twins].slice(0, 1) })
    } else if (isHelperLike(service) && isOneShot(service) && twins.length > 0)
      parts.helpers.push({ service, role: 'task', of: ownerOf(service, twins) })
    else parts.own.push(service)
  }
  // What only stands in front is no component; that is known once all others are.
  for (const service of parts.own) reading.components.add(service.name)
  parts.gateways = parts.own.filter((service) => isGateway(reading, service))
  parts.own = parts.own.filter((service) => !parts.gateways.includes(service))
  for (const service of parts.gateways) reading.components.delete(service.name)
  return parts

  function isHelperLike(service: Service): boolean {
    return all(service, 'profiles').length > 0
  }
  function ownerOf(service: Service, twins: Service[]): Service[] {
    const named = twins.filter((t) => service.name.startsWith(`${t.name}-`))
    const open = twins.filter((t) => all(t, 'ports').length + all(t, 'expose').length > 0)
    return [...named, ...open, ...twins].slice(0, 1)
  }
}

function placeText(service: Service): string {
  const build = all(service, 'build').at(-1)
  return JSON.stringify(
    build?.text() ?? [build?.get('context').text(), build?.get('dockerfile').text(), build?.get('target').text()],
  )
}

function conditionOf(service: Service, other: string): string | undefined {
  for (const entry of all(service, 'depends_on')) {
    if (Array.isArray(entry.value) && entry.items().some((i) => i.text() === other)) return 'service_started'
    const condition = entry.get(other)
    if (condition.isThere) return condition.get('condition').text() ?? 'service_started'
  }
  return undefined
}

function readHelper(
  reading: Reading,
  helper: Parts['helpers'][number],
  _parts: Parts,
  components: Record<string, PartialComponent>,
): void {
  const { service, role, of } = helper
  const [owner] = of
  const name = owner && reading.componentName(owner.name)
  const component = name === undefined ? undefined : components[name]
  const command = pick(service, 'command')
  const words = wordsOf(command) ?? wordsOf(pick(service, 'entrypoint'))
  const told = role === 'release' ? `a release step of ${name}` : `a task of ${name}`
  for (const layer of service.layers)
    for (const entry of layer.entries()) if (entry.key !== 'command' && entry.key !== 'x-landfall') entry.changed(told)
  if (!component || !words) {
    command.lost('it has no command of its own')
    return
  }
  if (role === 'release') {
    const steps = stepsOf(words) ?? [{ run: words, files: [] }]
    component.release = steps.map(({ run, check, files }) => {
      const verify = files.length > 0 && { verify: { files } }
      return check
        ? { check: manifestWords(check), else: manifestWords(run), ...verify }
        : verify
          ? { run: manifestWords(run), ...verify }
          : manifestWords(run)
    })
    command.kept(`components.${name}.release`)
    return
  }
  const task = taskName(service.name, owner?.name ?? '')
  component.tasks = { ...component.tasks, [task]: [manifestWords(words)] }
  command.changed(`landfall run ${name}.${task}`)
}

/** Tools that are not started with the rest. */
function profilesOf(service: Service, component: PartialComponent): void {
  for (const profiles of all(service, 'profiles')) {
    if (component.type === 'static') profiles.lost('a static component is always there')
    else {
      component.scale = { ...component.scale, instances: 0 }
      profiles.changed('it has no instances until somebody asks for some', 'scale: { instances: 1 }')
    }
  }
}

function readNeeds(reading: Reading, service: Service, parts: Parts, components: Record<string, PartialComponent>): void {
  const component = components[reading.componentName(service.name)]
  const needs = new Set<string>()
  for (const list of all(service, 'depends_on')) {
    const items = Array.isArray(list.value)
      ? list.items().map((entry) => ({ entry, name: entry.text() ?? '' }))
      : list.entries().map((entry) => ({ entry, name: entry.key }))
    for (const { entry, name } of items) {
      const helper = parts.helpers.find((h) => h.service.name === name)
      const need = reading.resources.get(name)?.name ?? (reading.components.has(name) ? reading.componentName(name) : undefined)
      for (const key of ['required', 'restart']) entry.get(key).lost('what is needed is waited for, and that is all')
      if (helper) entry.changed(helper.role === 'release' ? 'release steps run before it starts' : 'a task waits for nobody')
      else if (parts.gateways.some((g) => g.name === name)) entry.changed("Landfall's edge is always there")
      else if (need === undefined || need === reading.componentName(service.name)) entry.lost(`there is no ${name} to wait for`)
      else if (components[need]?.type === 'static') entry.changed('files need no waiting for')
      else {
        needs.add(need)
        if (entry.get('condition').text() === 'service_healthy') entry.kept('needs')
        else entry.changed('it is waited for until it is healthy')
      }
    }
  }
  if (component && needs.size > 0 && component.type !== 'static') component.needs = [...needs]
}

/** Several that mount one volume must be able to write to it at once. */
function writersOf(volume: string, own: Service[], components: Record<string, PartialComponent>): { writers?: 'many' } {
  const users = own.filter((s) =>
    all(s, 'volumes').some((e) => e.items().some((i) => (i.text() ?? i.get('source').text() ?? '').split(':')[0] === volume)),
  )
  const isMany = users.length > 1 || users.some((u) => (components[nameFrom(u.name, 'service')]?.scale?.instances ?? 1) > 1)
  return isMany ? { writers: 'many' } : {}
}

function routesOf(
  reading: Reading,
  parts: Parts,
  components: Record<string, PartialComponent>,
  passed: FoundRoute[],
): FoundRoute[] {
  const routes = [...passed, ...parts.own.flatMap((s) => readLabels(reading, s))]
  const isPublic = (service: Service) =>
    all(service, 'ports').length > 0 && components[reading.componentName(service.name)]?.type !== 'worker'
  const open = parts.own.filter(
    (s) =>
      isPublic(s) &&
      !routes.some((r) => r.to === reading.componentName(s.name)) &&
      components[reading.componentName(s.name)]?.scale?.instances !== 0,
  )
  const host = defaultHost(reading)
  // The front has the plain name: what people open first.
  const front = open.find((s) => /web|front|app|site|client|ui/i.test(s.name)) ?? open[0]
  for (const service of open) {
    const to = reading.componentName(service.name)
    const own = service === front && routes.length === 0 ? host : `${to}.${host}`
    routes.push({ host: own, to })
    service.layers
      .at(-1)
      ?.finding(
        'changed',
        'W_COMPOSE_HOST',
        `${service.name} had a port of the machine and no name: it is reached as ${own}`,
        'replace it by your own',
      )
  }
  return routes
    .filter((r, i) => routes.findIndex((o) => o.host === r.host && o.path === r.path) === i)
    .filter((r) => components[r.to]?.type === 'web' || components[r.to]?.type === 'static')
}

function readTops(reading: Reading, parts: Parts): void {
  for (const root of reading.project.tops) {
    root.get('version').changed('it has no meaning any more, not in compose either')
    root.get('name').kept('app')
    for (const network of root.get('networks').items()) network.changed('components of an app reach each other, and no other app')
    for (const volume of root.get('volumes').entries()) {
      const owner = parts.resources.find(({ service }) =>
        all(service, 'volumes').some((e) =>
          e.items().some((i) => (i.text() ?? i.get('source').text() ?? '').split(':')[0] === volume.key),
        ),
      )
      if (reading.volumes.has(volume.key)) volume.kept(`resources.${reading.volumes.get(volume.key)}`)
      else if (owner) volume.changed(`data of ${owner.service.name}, which keeps its own`)
      else volume.lost('no service that became a component mounts it')
      for (const key of ['driver', 'driver_opts', 'labels', 'name']) volume.get(key).lost('volumes are folders of the machine')
      volume.get('external').lost('its data is not moved by importing', 'copy it into the folder that `landfall doctor` names')
    }
    for (const secret of root.get('secrets').entries())
      secret.changed('its value is stored by Landfall', `landfall env set ${secret.key.toUpperCase().replace(/\W+/g, '_')}`)
    for (const config of root.get('configs').entries())
      config.lost('a file beside the source is no part of what is built', 'put it into the source')
    for (const entry of root.entries()) {
      if (!entry.key.startsWith('x-')) continue
      if (isAnchors(entry)) entry.changed('told where it is used')
      else entry.lost('nobody here knows what it means')
    }
    root.get('models').lost('Landfall starts no models')
  }
}

/** Mappings under `x-` are there to be merged into others: what they say counts where it is merged in. */
function isAnchors(entry: Entry): boolean {
  return typeof entry.value === 'object' && entry.value !== null
}

function appName(project: Project, context: ReadContext): string {
  const name = project.tops.map((top) => top.get('name').text()).find((n) => n !== undefined)
  return nameFrom(withDefaults(name ?? context.folderName).text, 'app')
}

function placeOf(service: Service): string {
  return (service.layers.at(-1)?.at ?? '').replace(/:\d+$/, '')
}

function stepsFor(reading: Reading): ManualStep[] {
  const names = [...reading.asked].sort()
  if (names.length === 0) return []
  return [{ title: 'Set the values that stay out of the manifest', commands: names.map((name) => `landfall env set ${name}`) }]
}
