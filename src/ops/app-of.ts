import { mapInner } from '../lib/inner-values.ts'
import type { Loaded as Read } from '../manifest/load.ts'
import type { App, Component } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { Scope } from '../model/plan.ts'
import type { Value } from '../model/value.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import type { Stored } from '../store/stored.ts'
import { bindSource } from './bind-source.ts'
import { type Expanded, expandIn, mapValues } from './expand.ts'
import { located, readManifest, type Where } from './read-manifest.ts'

export interface Loaded extends Expanded {
  /** Artifact name of every component that is built. */
  artifacts: Record<string, string>
}
export interface LoadContext {
  stored: Pick<Stored, 'list' | 'get'>
  /** Text of a build-time value that says what the world calls the app. */
  route(value: Extract<Value, { type: 'route' }>, app: App): Promise<string>
  /** Makes another app of it before resources become components. */
  adapt?(app: App): App
}

export interface Taken {
  loaded?: Loaded
  /** With its resources, and nothing of its sources: there as soon as the manifest can be read. */
  app?: App
  scope?: Scope
  findings: Finding[]
  /** Where a manifest path stands. */
  locate: Read['locate']
}

/** From a folder to an App that can be planned: manifest, resources, defaults, sources. Undefined where there are errors. */
export async function loadApp(where: Where, context: LoadContext): Promise<Taken> {
  const read = await readManifest(where)
  const { locate } = read
  if (!read.app) return { findings: read.findings, locate }
  const found = context.adapt?.(read.app) ?? read.app
  const scope = { app: found.name, environment: found.environment.name }
  const expanded = expandIn(where.folder, found, resourceTypes)
  const findings = [...read.findings, ...located(expanded.findings, locate)]
  const { app } = expanded
  if (findings.some((f) => f.level === 'error')) return { findings, scope, app, locate }
  const set = new Set(context.stored.list(scope).map((e) => e.name))
  const published = withoutArtifacts(expanded.app)
  const withDefaults = applyDefaults(published, (name) => set.has(name))
  const artifacts: Record<string, string> = {}
  const components: Component[] = []
  for (const component of withDefaults.components) {
    const built = await bindBuild(component, withDefaults, scope, context, findings)
    const sourced = await bindSource(built, where.folder)
    findings.push(...located(sourced.findings, locate))
    components.push(sourced.component)
    if (sourced.artifact) artifacts[component.name] = sourced.artifact
  }
  if (findings.some((f) => f.level === 'error')) return { findings, scope, app, locate }
  return { loaded: { ...expanded, app: { ...withDefaults, components }, artifacts, findings }, findings, scope, app, locate }
}

/** An artifact runs nowhere: `landfall build` makes it, and no plan has it. */
function withoutArtifacts(app: App): App {
  return { ...app, components: app.components.filter((c) => c.type !== 'artifact') }
}

/** A variable that nobody set is its default; without one and not required, it is not passed at all, and empty inside another. */
export function applyDefaults(app: App, isSet: (name: string) => boolean): App {
  const entryOf = (component: string, name: string) =>
    app.contract.find((e) => e.name === name && e.components.includes(component)) ?? app.contract.find((e) => e.name === name)
  const isWanted = (component: string, name: string) => {
    const entry = entryOf(component, name)
    return entry === undefined || entry.isRequired || entry.generate !== undefined
  }
  const components = app.components.map((c) => {
    const isDropped = (v: Value): boolean => {
      if (v.type === 'url-part') return isDropped(v.url)
      if (v.type === 'url-text') return isDropped(v.of)
      if (v.type === 'if-set') return true // Of those that are left, none has an `otherwise`.
      return v.type === 'stored' && !isSet(v.name) && !isWanted(c.name, v.name)
    }
    const replace = (v: Value): Value => {
      if (v.type === 'join') return { type: 'join', parts: v.parts.map(replace).map((p) => (isDropped(p) ? EMPTY : p)) }
      if (v.type === 'if-set') {
        const chosen = isSet(v.name) ? v.value : v.otherwise
        return chosen ? replace(chosen) : v
      }
      if (v.type !== 'stored') return mapInner(v, replace)
      if (isSet(v.name)) return v
      const own = entryOf(c.name, v.name)?.default
      return own ? replace(own) : v
    }
    const mapped = mapValues(c, replace)
    const keep = (values: Record<string, Value>) => Object.fromEntries(Object.entries(values).filter(([, v]) => !isDropped(v)))
    return { ...mapped, env: keep(mapped.env), build: { ...mapped.build, env: keep(mapped.build.env) } }
  })
  return { ...app, components }
}

const EMPTY: Value = { type: 'text', text: '' }

/** Build-time values are text: they are part of the artifact and of its name. A secret must not be. */
export async function bindBuild(
  component: Component,
  app: App,
  scope: Scope,
  context: LoadContext,
  findings: Finding[],
): Promise<Component> {
  const env: Record<string, Value> = {}
  const textOf = async (name: string, v: Value): Promise<string> => {
    if (v.type === 'text') return v.text
    if (v.type === 'join') return (await Promise.all(v.parts.map((p) => textOf(name, p)))).join('')
    if (v.type === 'route') return context.route(v, app)
    if (v.type === 'stored' && !v.secret) return context.stored.get(scope, v.name) ?? ''
    if (v.type === 'instance' && v.field === 'version') return app.version ?? ''
    const message =
      v.type === 'stored'
        ? `${name} is a secret and would be baked into the artifact`
        : `${name} is only known when an instance starts`
    const hint =
      v.type === 'stored' ? 'read it at run time, or make it `public`' : 'give the build a value that is known beforehand'
    findings.push({
      level: 'error',
      code: v.type === 'stored' ? 'E_SECRET_IN_BUILD' : 'E_BUILD_VALUE',
      at: `components.${component.name}.build`,
      message,
      hint,
    })
    return ''
  }
  for (const [name, value] of Object.entries(component.build.env)) env[name] = { type: 'text', text: await textOf(name, value) }
  return { ...component, build: { ...component.build, env } }
}
