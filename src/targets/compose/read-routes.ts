import { posix } from 'node:path'
import type { Entry } from '../../model/target.ts'
import { withDefaults } from './interpolation.ts'
import { all, pick, type Service } from './project.ts'
import type { Reading } from './reading.ts'

export interface FoundRoute {
  host: string
  path?: string
  to: string
}

/** Whether a service only stands in front of others: nginx with a configuration that passes requests on. */
export function isGateway(reading: Reading, service: Service): boolean {
  return configOf(reading, service) !== undefined
}

/** The routes of an nginx configuration, as far as they are plain: names, locations and where they lead. */
export function readGateway(reading: Reading, service: Service): FoundRoute[] {
  const found = configOf(reading, service)
  if (!found) return []
  const { file, text, volume } = found
  volume.changed(`${file} became routes`)
  for (const key of ['image', 'ports', 'expose', 'depends_on', 'healthcheck', 'restart', 'deploy', 'environment', 'build'])
    for (const entry of all(service, key)) entry.changed("Landfall's edge stands in front")
  for (const list of all(service, 'volumes'))
    for (const item of list.items())
      if (item.at !== volume.at)
        item.lost('the edge has certificates and files of its own', 'static files become a component of type static')
  const blocks = parseNginx(text)
  const data: Record<string, unknown>[] = []
  const lines: number[][] = []
  const routes: FoundRoute[] = []
  const seen = new Set<string>()
  for (const server of servers(blocks)) {
    const hosts = server
      .filter((d) => d.name === 'server_name')
      .flatMap((d) => d.args)
      .filter((h) => /^[a-z0-9.-]+\.[a-z0-9-]+$|^localhost$/i.test(h))
    for (const location of server.filter((d) => d.name === 'location')) {
      const path = location.args.at(-1) ?? '/'
      const set = new Map((location.block ?? []).filter((d) => d.name === 'set').map((d) => [d.args[0] ?? '', d.args[1] ?? '']))
      const pass = (location.block ?? []).find((d) => d.name === 'proxy_pass')?.args[0]
      const url = pass?.startsWith('$') ? set.get(pass) : pass
      const [, upstream = '', own] = /^https?:\/\/([\w.-]+)(?::(\d+))?/.exec(url ?? '') ?? []
      const [to = '', behind] = upstreamOf(blocks, upstream).split(':')
      const port = Number(own ?? behind)
      if (reading.components.has(to) && Number.isInteger(port) && port > 0) reading.upstreamPorts.set(to, port)
      const index = data.push({ location: location.args.join(' '), ...(url && { proxy_pass: url }) }) - 1
      lines[index] = [location.line]
      if (!reading.components.has(to) || !path.startsWith('/')) continue
      for (const host of hosts.length > 0 ? hosts : [defaultHost(reading)]) {
        const plain = path.replace(/\/+$/, '')
        const key = `${host} ${plain}`
        if (seen.has(key)) continue
        seen.add(key)
        routes.push({ host, ...(plain !== '' && { path: plain }), to: reading.componentName(to) })
      }
      data[index]!.isRead = true
    }
  }
  const root = reading.opened(file, () =>
    reading.context.opened(file, data, ([i]) => ({ line: lines[Number(i)]?.[0] ?? 1, column: 1 })),
  )
  for (const item of root.items()) {
    if (item.get('isRead').flag()) item.kept('routes')
    else item.lost('the edge leads paths to components, and nothing else', 'serve files by a component of type static')
  }
  return routes
}

function configOf(reading: Reading, service: Service): { file: string; text: string; volume: Entry } | undefined {
  const image = withDefaults(pick(service, 'image').text() ?? '').text
  if (!/(^|\/)nginx(:|$|-)/.test(image)) return undefined
  for (const volume of all(service, 'volumes').flatMap((v) => v.items())) {
    const [source = '', target = ''] = (
      volume.text() ?? `${volume.get('source').text() ?? ''}:${volume.get('target').text() ?? ''}`
    ).split(':')
    if (!/\/etc\/nginx\//.test(target)) continue
    const path = posix.join(service.folder, source)
    const names = reading.context.files.names.has(path)
      ? [path]
      : [...reading.context.files.names].filter((n) => n.startsWith(`${path}/`) && /\.conf/.test(n)).sort()
    for (const file of names) {
      const text = reading.context.files.text(file)
      if (text?.includes('proxy_pass')) return { file, text, volume }
    }
  }
  return undefined
}

export function defaultHost(reading: Reading): string {
  const name = reading.project.tops.map((t) => t.get('name').text()).find((n) => n !== undefined) ?? reading.context.folderName
  const plain =
    name
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'app'
  return `${plain}.example`
}

/** Host and path of a Traefik rule, and the host of nginx-proxy or caddy-docker-proxy. */
export function readLabels(reading: Reading, service: Service): FoundRoute[] {
  const routes: FoundRoute[] = []
  const to = reading.componentName(service.name)
  for (const labels of all(service, 'labels')) {
    const list = Array.isArray(labels.value)
      ? labels.items().map((entry) => ({ entry, pair: (entry.text() ?? '').split(/=(.*)/s) }))
      : labels.entries().map((entry) => ({ entry, pair: [entry.key, entry.text() ?? ''] }))
    for (const { entry, pair } of list) {
      const [name = '', value = ''] = pair
      const hosts = [...withDefaults(value).text.matchAll(/Host\(([^)]*)\)/g)].flatMap(([, inner = '']) =>
        [...inner.matchAll(/[`'"]([^`'"]+)[`'"]/g)].map((m) => m[1] ?? ''),
      )
      const path = /Path(?:Prefix)?\([`'"]([^`'"]+)[`'"]\)/.exec(value)?.[1]
      if (/^traefik\.http\.routers\.[^.]+\.rule$/.test(name) && hosts.length > 0) {
        for (const host of hosts.filter((h) => /^[a-z0-9.-]+$/i.test(h)))
          routes.push({ host, ...(path && path !== '/' && { path: path.replace(/\/$/, '') }), to })
        entry.changed('became routes')
      } else if (name === 'caddy' && /^[a-z0-9.-]+$/i.test(value)) {
        routes.push({ host: value, to })
        entry.changed('became a route')
      } else if (/^(traefik\.|caddy)/.test(name))
        entry.changed("a setting of the proxy: Landfall's edge stands in front", 'certificates and https come with it')
      else entry.lost('instances have labels of Landfall alone')
    }
  }
  return routes
}

interface Directive {
  name: string
  args: string[]
  block?: Directive[]
  line: number
}

/** Directives of an nginx configuration. Whatever the text, it ends; what is cut off is left out. */
export function parseNginx(text: string): Directive[] {
  const tokens = [
    ...text.slice(0, 200_000).matchAll(/#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\$\{[^}]*\}|[^\s{};"'])+/g),
  ].filter((t) => !t[0].startsWith('#'))
  const root: Directive[] = []
  const stack: Directive[][] = [root]
  let words: string[] = []
  let line = 1
  let at = 0
  for (const token of tokens) {
    for (; at < token.index; at++) if (text.charCodeAt(at) === 10) line += 1
    const [word] = token
    if (word === '{' || word === ';') {
      const [name = '', ...args] = words
      const directive: Directive = { name, args, line, ...(word === '{' && { block: [] }) }
      if (name !== '') stack.at(-1)?.push(directive)
      if (word === '{') {
        if (stack.length > 20) return root
        stack.push(directive.block ?? [])
      }
      words = []
    } else if (word === '}') {
      if (stack.length > 1) stack.pop()
      words = []
    } else words.push(word.replace(/^(["'])(.*)\1$/s, '$2'))
  }
  return root
}

function servers(blocks: Directive[]): Directive[][] {
  return blocks.flatMap((d) => (d.name === 'server' && d.block ? [d.block] : d.block ? servers(d.block) : []))
}

function upstreamOf(blocks: Directive[], name: string): string {
  for (const directive of blocks) {
    if (directive.name === 'upstream' && directive.args[0] === name) {
      const server = directive.block?.find((d) => d.name === 'server')?.args[0]
      return /^([\w-]+(?::\d+)?)/.exec(server ?? '')?.[1] ?? name
    }
    const inner = directive.block && directive.name === 'http' ? upstreamOf(directive.block, name) : name
    if (inner !== name) return inner
  }
  return name
}
