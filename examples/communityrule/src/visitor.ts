import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie'
import { Failure } from './failure.ts'
import { takeOne } from './limits.ts'
import type { RateLimit } from './rate-limit.ts'
import { isId } from './rule.ts'

// Who is asking: the address, the site the request was made from, and the draft that the browser holds.

const DRAFT = 'draft'
const PRIVATE = /^(::ffff:)?(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^::1$|^f[cd]/

/** What the proxy in front wrote, where there is one: only a neighbour is believed. */
export function addressOf(peer: string, forwardedFor: string | undefined): string {
  const last = forwardedFor?.split(',').at(-1)?.trim()
  return last && PRIVATE.test(peer) ? last : peer
}

const peerOf = (c: Context): string => getConnInfo(c).remote.address ?? ''

export function addressOfVisitor(c: Context): string {
  return addressOf(peerOf(c), c.req.header('x-forwarded-for'))
}

/** What the visitor's browser calls this place: as the proxy in front heard it, where there is one. */
export function originOf(c: Context): string {
  const isNeighbour = PRIVATE.test(peerOf(c))
  const forwarded = (name: string) => (isNeighbour ? c.req.header(`x-forwarded-${name}`)?.split(',').at(-1)?.trim() : undefined)
  const proto = forwarded('proto') === 'https' ? 'https' : 'http'
  return `${proto}://${forwarded('host') || c.req.header('host')}`
}

export function limitPosts(limit: RateLimit): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === 'POST') await takeOne(limit, addressOfVisitor(c))
    await next()
  }
}

/** Another site's page must not write here in the name of the browser that shows it. Programs send neither header. */
export const refuseForeignSites: MiddlewareHandler = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    const site = c.req.header('sec-fetch-site')
    const origin = c.req.header('origin')
    const isOurs = site !== undefined ? site === 'same-origin' || site === 'none' : origin === undefined || isOwn(c, origin)
    if (!isOurs) throw new Failure(403, 'foreign_site', 'This request came from another site.')
  }
  await next()
}

/** `null`, which is what a sandboxed frame sends, is nobody's own. */
function isOwn(c: Context, origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const { host } = new URL(origin)
  return host === c.req.header('host') || host === c.req.header('x-forwarded-host')
}

export interface DraftCookie {
  read(c: Context): Promise<string | undefined>
  write(c: Context, id: string): Promise<void>
  clear(c: Context): void
}

/** A new secret makes every draft of a browser unreachable; those of people wait for them. */
export function createDraftCookie(secret: string | undefined): DraftCookie {
  const need = (): string => {
    if (secret) return secret
    throw new Failure(500, 'server_misconfigured', 'Drafts need SESSION_SECRET, 16 characters or more, on the server.')
  }
  return {
    async read(c) {
      const id = await getSignedCookie(c, need(), DRAFT)
      return id && isId(id) ? id : undefined
    },
    async write(c, id) {
      const isTls = c.req.header('x-forwarded-proto') === 'https'
      await setSignedCookie(c, DRAFT, id, need(), {
        httpOnly: true,
        sameSite: 'Lax',
        secure: isTls,
        path: '/',
        maxAge: 30 * 24 * 3600,
      })
    },
    clear(c) {
      deleteCookie(c, DRAFT, { path: '/' })
    },
  }
}
