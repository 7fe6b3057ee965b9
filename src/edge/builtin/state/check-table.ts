import { fileURLToPath } from 'node:url'
import { LandfallError } from '../../../lib/error.ts'
import { show } from '../../../lib/show.ts'
import type { EdgeTable } from '../../../model/plug.ts'

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/
const PATH = /^\/(?!\/)[\x21-\x7e]*$/
const ENDPOINT = /^http:\/\/(127(?:\.\d{1,3}){3}|localhost|\[::1\]):(\d{1,5})\/?$/

/**
 * A table as it may be served, or E_TABLE with the first field that is wrong. Nothing unknown gets in: what we do not understand
 * we cannot serve. `ownPorts`: an endpoint that is the edge itself would go round for ever.
 */
export function checkTable(given: unknown, ownPorts: ReadonlySet<number>): EdgeTable {
  const table = record(given, 'table', ['routes', 'internal'])
  const seen = new Set<string>()
  list(table.routes, 'routes').forEach((item, index) => {
    const at = `routes[${index}]`
    const route = record(item, at, ['host', 'path', 'component', 'release', 'endpoints', 'serve', 'isSticky'])
    if (!HOST.test(text(route.host, `${at}.host`))) refuse(`${at}.host`, route.host, 'a lower-case host name without a port')
    checkPath(route.path, `${at}.path`)
    checkName(route.component, `${at}.component`)
    checkName(route.release, `${at}.release`)
    checkEndpoints(route.endpoints, `${at}.endpoints`, ownPorts)
    if (route.serve !== undefined) checkServe(route.serve, `${at}.serve`)
    if (route.isSticky !== undefined && typeof route.isSticky !== 'boolean')
      refuse(`${at}.isSticky`, route.isSticky, 'true or false')
    const place = `${route.host}${route.path}`
    if (seen.has(place)) refuse(`${at}.path`, route.path, 'a path that no other route of the host has')
    seen.add(place)
  })
  const components = new Set<unknown>()
  list(table.internal, 'internal').forEach((item, index) => {
    const at = `internal[${index}]`
    const address = record(item, at, ['component', 'release', 'endpoints'])
    checkName(address.component, `${at}.component`)
    checkName(address.release, `${at}.release`)
    checkEndpoints(address.endpoints, `${at}.endpoints`, ownPorts)
    if (components.has(address.component)) refuse(`${at}.component`, address.component, 'a component that stands here once')
    components.add(address.component)
  })
  // Every field was looked at above.
  return table as unknown as EdgeTable
}

export function checkEndpoints(given: unknown, at: string, ownPorts: ReadonlySet<number>): void {
  list(given, at).forEach((item, index) => {
    const endpoint = text(item, `${at}[${index}]`)
    if (isFolderUrl(endpoint)) return
    const match = ENDPOINT.exec(endpoint)
    const port = Number(match?.[2] ?? 0)
    if (!match || port < 1 || port > 65535) refuse(`${at}[${index}]`, endpoint, 'http://127.0.0.1:<port> or file:///<folder>')
    if (ownPorts.has(port)) refuse(`${at}[${index}]`, endpoint, 'not a port that the edge itself listens on')
  })
}

function isFolderUrl(endpoint: string): boolean {
  if (!/^file:\/\/\/[^?#]*$/.test(endpoint)) return false
  try {
    fileURLToPath(endpoint)
    return true
  } catch {
    return false // An encoded slash or worse.
  }
}

function checkServe(given: unknown, at: string): void {
  const serve = record(given, at, ['spa', 'basePath', 'redirects', 'immutable'])
  if (typeof serve.spa !== 'boolean') refuse(`${at}.spa`, serve.spa, 'true or false')
  checkPath(serve.basePath, `${at}.basePath`)
  list(serve.redirects, `${at}.redirects`).forEach((item, index) => {
    const redirect = record(item, `${at}.redirects[${index}]`, ['from', 'to', 'status'])
    checkPath(redirect.from, `${at}.redirects[${index}].from`)
    const to = text(redirect.to, `${at}.redirects[${index}].to`)
    if (!/^(\/(?!\/)|https?:\/\/)[\x21-\x7e]*$/.test(to)) refuse(`${at}.redirects[${index}].to`, to, 'a path or an http(s) URL')
    if (![301, 302, 303, 307, 308].includes(redirect.status as number)) {
      refuse(`${at}.redirects[${index}].status`, redirect.status, '301, 302, 303, 307 or 308')
    }
  })
  list(serve.immutable, `${at}.immutable`).forEach((glob, index) => {
    if (text(glob, `${at}.immutable[${index}]`).length > 200) refuse(`${at}.immutable[${index}]`, glob, 'at most 200 characters')
  })
}

function checkPath(given: unknown, at: string): void {
  const path = text(given, at)
  const isClean = PATH.test(path) && !/[?#\\%]/.test(path) && !/\/\.{0,2}(\/|$)/.test(path.replace(/\/$/, ''))
  if (path !== '/' && !isClean) refuse(at, path, 'a plain path that begins with /')
}

function checkName(given: unknown, at: string): void {
  if (!NAME.test(text(given, at))) refuse(at, given, 'a name of lower-case letters, digits and -')
}

function record(given: unknown, at: string, fields: string[]): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) refuse(at, given, 'an object')
  for (const name of Object.keys(given)) {
    if (!fields.includes(name)) refuse(`${at}.${name}`, undefined, `no such field; there are ${fields.join(', ')}`)
  }
  return given as Record<string, unknown>
}

function list(given: unknown, at: string): unknown[] {
  if (!Array.isArray(given)) refuse(at, given, 'a list')
  return given
}

function text(given: unknown, at: string): string {
  if (typeof given !== 'string') refuse(at, given, 'a text')
  return given
}

function refuse(at: string, value: unknown, rule: string): never {
  const shown = value === undefined ? '' : `${show(value)} is refused: `
  throw new LandfallError({
    code: 'E_TABLE',
    at,
    message: `${at}: ${shown}${rule}`,
    hint: 'the table that was there before goes on serving',
  })
}
