import type { App, Component } from '../../model/app.ts'

/** Where each app lies in the one site that Pages publishes. */
export interface Site {
  /** `/` or `/repository/`: what Pages puts in front of everything. */
  base: string
  /** By name: folder inside the site, `''` for its root. */
  folders: Map<string, string>
  /** Built for a place that another app has in this site: each got a folder of its own name, and must be built for that. */
  moved: Component[]
  /** The app that the root leads to; absent where one lies there. */
  start?: Component
}

/** `wanted`: the base that somebody named. Apps all below one folder share it, as on a project's site. */
export function siteOf(app: App, wanted: { base?: string; start?: string }): Site {
  const apps = app.components.filter((c) => c.type === 'static')
  const bases = apps.map((c) => c.serve?.basePath ?? '/')
  const base = withSlashes(wanted.base ?? shared(bases))
  const folders = new Map(apps.map((c, i) => [c.name, inside(bases[i] ?? '/', base)]))
  const taken = new Set<string>()
  const moved: Component[] = []
  // The app of the first route stays where it is.
  const order = [...apps].sort((a, b) => firstRoute(app, a) - firstRoute(app, b))
  for (const c of order) {
    const folder = folders.get(c.name) ?? ''
    if (taken.has(folder)) {
      folders.set(c.name, c.name)
      moved.push(c)
    }
    taken.add(folders.get(c.name) ?? '')
  }
  const atRoot = apps.some((c) => folders.get(c.name) === '')
  const start = apps.find((c) => c.name === wanted.start) ?? [...apps].sort((a, b) => depth(a) - depth(b))[0]
  return { base, folders, moved, ...(!atRoot && start && { start }) }
}

function firstRoute(app: App, component: Component): number {
  const at = app.routes.findIndex((r) => r.to === component.name)
  return at < 0 ? app.routes.length : at
}

/** The folder that all lie in: with one app alone there is nothing to tell its own from it. */
function shared(bases: string[]): string {
  if (bases.length < 2) return '/'
  const [first = [], ...rest] = bases.map((b) => b.split('/').filter(Boolean))
  let length = first.length
  for (const other of rest) while (length > 0 && first.slice(0, length).some((p, i) => other[i] !== p)) length -= 1
  // A site has one folder of its own at most: the repository's name.
  return `/${first.slice(0, Math.min(length, 1)).join('/')}`
}

function inside(path: string, base: string): string {
  const full = withSlashes(path)
  return (full.startsWith(base) ? full.slice(base.length) : full.slice(1)).replace(/\/$/, '')
}

const withSlashes = (path: string) => `/${path.split('/').filter(Boolean).join('/')}/`.replace('//', '/')
const depth = (c: Component) => (c.serve?.basePath ?? '/').split('/').length
