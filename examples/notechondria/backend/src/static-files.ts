import type { MiddlewareHandler } from 'hono'
import { pathOf } from './context.ts'
import { isKey, type Store } from './store.ts'

const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}
export const typeOf = (key: string) => TYPES[key.split('.').at(-1) ?? ''] ?? 'application/octet-stream'

/** What the release collected, under `/static/`. */
export function serveStatic(store: Store): MiddlewareHandler {
  return async (c, next) => {
    if (!pathOf(c).startsWith('/static/') || !/^(GET|HEAD)$/.test(c.req.method)) return next()
    const key = pathOf(c).slice('/static/'.length)
    const body = isKey(key) ? await store.get(key) : undefined
    if (!body) return c.json({ code: 'not_found', detail: 'There is nothing here.' }, 404)
    return c.body(body, 200, { 'content-type': typeOf(key), 'cache-control': 'public, max-age=300' })
  }
}
