import type { MiddlewareHandler } from 'hono'
import { pathOf } from './context.ts'

/** Whether pages of this origin may ask: its host is one of ours, this machine, or that of a trusted origin. */
export function isAllowedOrigin(
  origin: string,
  { allowedHosts, trustedOrigins }: { allowedHosts: string[]; trustedOrigins: string[] },
) {
  const url = URL.parse(origin)
  if (!url || !/^https?:$/.test(url.protocol)) return false
  if (url.hostname === 'localhost' || url.hostname === '127.0.0.1') return true
  const trusted = trustedOrigins.map((each) => URL.parse(each)?.host)
  return allowedHosts.some((host) => isHost(host, url.hostname)) || trusted.includes(url.host)
}

/** `*.example.org` in words of Django is `.example.org`: the domain with all below it. */
export function isHost(pattern: string, hostname: string): boolean {
  if (pattern === '*' || pattern === hostname) return true
  return pattern.startsWith('.') && (hostname === pattern.slice(1) || hostname.endsWith(pattern))
}

/** For the API and for what people uploaded. A preflight is answered here and reaches nothing behind. */
export function allowOrigins(hosts: { allowedHosts: string[]; trustedOrigins: string[] }): MiddlewareHandler {
  return async (c, next) => {
    if (!/^\/(api|media)\//.test(pathOf(c))) return next()
    const origin = c.req.header('origin')
    const isAllowed = origin !== undefined && isAllowedOrigin(origin, hosts)
    if (c.req.method === 'OPTIONS') c.res = new Response(null, { status: 204 })
    else await next()
    c.res.headers.append('vary', 'Origin')
    if (!isAllowed) return
    c.res.headers.set('access-control-allow-origin', origin)
    if (c.req.method !== 'OPTIONS') return
    c.res.headers.set('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE, OPTIONS')
    c.res.headers.set('access-control-allow-headers', 'authorization, content-type')
    c.res.headers.set('access-control-max-age', '600')
  }
}
