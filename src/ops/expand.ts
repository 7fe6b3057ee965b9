import { inlineFiles } from '../lib/inline-files.ts'
import { mapInner } from '../lib/inner-values.ts'
import { mapStep } from '../lib/steps-of.ts'
import type { App, Component, EnvEntry, EnvGroup, ReleaseStep, Resource } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { DataVersion, ExternalServer } from '../model/plan.ts'
import type { Expansion, ResourceType } from '../model/plug.ts'
import type { Value } from '../model/value.ts'
import { withLockRules } from './lock-rules.ts'

export interface Expanded {
  app: App
  data: Record<string, DataVersion>
  provision: Record<string, ReleaseStep[]>
  external: ExternalServer[]
  findings: Finding[]
}

/** Resources become components, stored values and outputs; after this nobody needs to know what a resource is. Pure. */
export function expandResources(app: App, types: Record<string, ResourceType>): Expanded {
  const findings: Finding[] = []
  const data: Record<string, DataVersion> = {}
  const provision: Record<string, ReleaseStep[]> = {}
  const parts = new Map<string, string[]>()
  const volumes = new Map<string, string>()
  const components: Component[] = []
  const contract: EnvEntry[] = [...app.contract]
  const groups: EnvGroup[] = [...(app.groups ?? [])]
  for (const resource of app.resources) {
    const type = types[resource.type]
    if (!type) {
      const known = Object.keys(types).sort().join(', ')
      findings.push({
        level: 'error',
        code: 'E_RESOURCE_TYPE',
        at: `resources.${resource.name}.type`,
        message: `there is no resource type \`${resource.type}\` here`,
        hint: `known: ${known}`,
      })
      continue
    }
    const own = type
      .check(resource, app.environment)
      .concat(type.checkIn?.(resource, app) ?? [])
      .map((f) => ({
        ...f,
        at: /^(resources|components)\./.test(f.at) ? f.at : `resources.${resource.name}${f.at ? `.${f.at}` : ''}`,
      }))
    findings.push(...own)
    if (own.some((f) => f.level === 'error')) continue
    const expansion = type.expand(resource)
    parts.set(
      resource.name,
      expansion.components.map((c) => c.name),
    )
    for (const { name } of expansion.volumes) {
      const other = volumes.get(name)
      if (other !== undefined) {
        const message = `${resource.name} and ${other} would both keep their data in the volume ${name}`
        findings.push({
          level: 'error',
          code: 'E_DUPLICATE',
          at: `resources.${resource.name}`,
          message,
          hint: 'rename one of them',
        })
      }
      volumes.set(name, resource.name)
    }
    components.push(...expansion.components.map((c) => ({ ...c, resource: resource.name })))
    for (const p of expansion.provision) {
      const step: ReleaseStep = { name: p.name, run: p.command, isRepeatable: true }
      provision[p.component] = [...(provision[p.component] ?? []), step]
    }
    for (const s of expansion.secrets) contract.push(secretEntry(s, resource, expansion.components))
    for (const v of expansion.variables ?? [])
      if (!contract.some((e) => e.name === v.name)) contract.push(variableEntry(v, resource))
    groups.push(...(expansion.groups ?? []))
    const version = type.data?.(resource)
    if (version) data[resource.name] = version
  }
  const byName = new Map(app.resources.map((r) => [r.name, r]))
  const replace = (value: Value): Value => {
    if (value.type !== 'output') return mapInner(value, replace)
    const resource = byName.get(value.resource)
    const type = resource && types[resource.type]
    return resource && type ? replace(type.output(resource, value.field)) : value
  }
  const all = [...app.components, ...components].map((c) => {
    const ruled = { ...c, ...withLockRules(c, app.resources, types) }
    return mapValues({ ...ruled, needs: needsOf(c, parts) }, replace)
  })
  // Where a resource can do without its variables, they are all set or none is.
  const isOptional = new Set(groups.slice(app.groups?.length ?? 0).flatMap((g) => g.names))
  const relaxed = contract.map((e) => (isOptional.has(e.name) ? { ...e, isRequired: false } : e))
  const mapped = relaxed.map((e) => (e.default ? { ...e, default: replace(e.default) } : e))
  const external = externalServers(app, types, replace)
  return {
    app: { ...app, components: all, contract: mapped, ...(groups.length > 0 && { groups }) },
    data,
    provision,
    external,
    findings,
  }
}

/** Every value of a component, through `map`. */
export function mapValues(component: Component, map: (v: Value) => Value): Component {
  const record = (values: Record<string, Value>) => Object.fromEntries(Object.entries(values).map(([k, v]) => [k, map(v)]))
  const steps = (list: ReleaseStep[]) => list.map((step) => mapStep(step, map))
  const { health } = component
  return {
    ...component,
    env: record(component.env),
    build: { ...component.build, env: record(component.build.env) },
    ...(component.command && { command: component.command.map(map) }),
    ...(component.test && { test: component.test.map(map) }),
    ...(health && { health: health.type === 'resource' ? { ...health, values: record(health.values) } : health }),
    releaseSteps: steps(component.releaseSteps),
    ...(component.bootstrap && { bootstrap: steps(component.bootstrap) }),
    ...(component.predeploy && { predeploy: steps(component.predeploy) }),
    ...(component.postdeploy && { postdeploy: steps(component.postdeploy) }),
    tasks: Object.fromEntries(Object.entries(component.tasks).map(([k, commands]) => [k, commands.map((c) => c.map(map))])),
  }
}

/** Servers that are not ours, each with who waits for it. */
function externalServers(app: App, types: Record<string, ResourceType>, replace: (v: Value) => Value): ExternalServer[] {
  return app.resources.flatMap((resource) => {
    const values = types[resource.type]?.external?.(resource)
    if (!values) return []
    const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, replace(value)]))
    const neededBy = app.components.filter((c) => c.needs.includes(resource.name)).map((c) => c.name)
    return [{ resource: resource.name, server: resource.type, values: texts, neededBy }]
  })
}

/** A need for a resource is one for the components that it became; a volume became none. */
function needsOf(component: Component, parts: Map<string, string[]>): string[] {
  return [...new Set(component.needs.flatMap((n) => parts.get(n) ?? [n]))].filter((n) => n !== component.name)
}

function secretEntry(
  s: { name: string; kind: 'hex' | 'password'; length: number },
  resource: Resource,
  components: Component[],
): EnvEntry {
  return {
    name: s.name,
    components: components.map((c) => c.name),
    isRequired: true,
    isSecret: true,
    generate: { kind: s.kind, length: s.length },
    when: 'run',
    at: `resources.${resource.name}`,
    about: `made for ${resource.name}`,
  }
}

/** A variable of the resource alone: no component gets it under that name. */
function variableEntry(v: NonNullable<Expansion['variables']>[number], resource: Resource): EnvEntry {
  return { ...v, components: [], when: 'run', at: `resources.${resource.name}` }
}

/** `expandResources` of an app in its folder: files that options name are taken in first. */
export function expandIn(folder: string, app: App, types: Record<string, ResourceType>): Expanded {
  const inlined = app.resources.map((r) => inlineFiles(r, types[r.type]?.files ?? [], folder))
  const expanded = expandResources({ ...app, resources: inlined.map((i) => i.resource) }, types)
  return { ...expanded, findings: [...inlined.flatMap((i) => i.findings), ...expanded.findings] }
}
