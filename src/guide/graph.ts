import type { App, Component } from '../model/app.ts'
import type { Value } from '../model/value.ts'
import { leansOn } from './value-text.ts'

export interface Graph {
  nodes: Node[]
  edges: Edge[]
}
export interface Node {
  id: string
  type: 'world' | 'edge' | 'web' | 'worker' | 'static' | 'resource' | 'outside'
  title: string
  /** Second line: what it is. */
  note: string
}
export interface Edge {
  from: string
  to: string
  label?: string
}

/** Who reaches whom: the world through the edge to components, components to each other and to what they lean on. Sorted by name. */
export function graphOf({ components, ...rest }: App): Graph {
  // Archives run nowhere.
  const app: App = { ...rest, components: components.filter((c) => c.type !== 'artifact') }
  const nodes: Node[] = []
  const edges: Edge[] = []
  if (app.routes.length > 0) {
    nodes.push({ id: 'world', type: 'world', title: 'Users', note: 'browsers, programs' })
    nodes.push({ id: 'edge', type: 'edge', title: 'Edge', note: 'hosts and paths' })
    edges.push({ from: 'world', to: 'edge', label: 'https' })
  }
  for (const c of byName(app.components)) nodes.push({ id: `c:${c.name}`, type: shapeOf(c), title: c.name, note: noteOf(c) })
  for (const r of byName(app.resources)) {
    const version = r.options.version === undefined ? '' : ` ${String(r.options.version)}`
    nodes.push({ id: `r:${r.name}`, type: 'resource', title: r.name, note: `${r.type}${version}` })
  }
  const routed = new Map<string, string[]>()
  for (const route of app.routes) {
    const place = `${route.host}${route.path === '/' ? '' : route.path}`
    routed.set(route.to, [...(routed.get(route.to) ?? []), place])
  }
  for (const [to, places] of [...routed].sort()) {
    const label = places.length > 2 ? `${places[0]} and ${places.length - 1} more` : places.join(', ')
    edges.push({ from: 'edge', to: `c:${to}`, label })
  }
  const known = new Set(nodes.map((n) => n.id))
  for (const c of byName(app.components)) {
    const to = new Set<string>()
    for (const value of valuesOf(c, app)) {
      for (const { resource, component } of leansOn(value)) {
        if (resource) to.add(`r:${resource}`)
        if (component && component !== c.name) to.add(`c:${component}`)
      }
    }
    for (const m of c.mounts) to.add(`r:${m.volume}`)
    for (const n of c.needs) to.add(known.has(`r:${n}`) ? `r:${n}` : `c:${n}`)
    for (const id of [...to].sort()) if (known.has(id)) edges.push({ from: `c:${c.name}`, to: id })
  }
  return { nodes, edges }
}

function valuesOf(component: Component, app: App): Value[] {
  const defaults = app.contract
    .filter((e) => e.components.includes(component.name))
    .flatMap((e) => (e.default ? [e.default] : []))
  return [...Object.values(component.env), ...(component.command ?? []), ...defaults]
}

function shapeOf(c: Component): Node['type'] {
  if (c.type === 'static') return 'static'
  return c.type === 'web' ? 'web' : 'worker'
}

function noteOf(c: Component): string {
  const many = c.instances > 1 ? `, ${c.instances} instances` : ''
  return `${c.type}${many}`
}

function byName<T extends { name: string }>(list: T[]): T[] {
  return [...list].sort((a, b) => (a.name < b.name ? -1 : 1))
}
