import type { Context } from 'hono'
import { z } from 'zod'
import { Failure } from './failure.ts'
import type { Device, User } from './sessions.ts'

export interface Env {
  Variables: {
    /** Who asks, where a session, an API key or the admin's cookie said so. */
    user?: User
    sessionId?: number
    /** The admin's cookie came along: a form must show that it is ours. */
    hasCookie?: boolean
    messages: string[]
  }
}
export type Ctx = Context<Env>

/** As it was asked for: Hono's own leaves out the slash at the end. */
export const pathOf = (c: Context) => new URL(c.req.url).pathname

export function userOf(c: Ctx): User {
  const user = c.get('user')
  if (!user) throw new Failure(401, 'not_signed_in', 'Please sign in.')
  return user
}

export function deviceOf(c: Ctx, device = ''): Device {
  const userAgent = c.req.header('user-agent') ?? ''
  // The proxy in front says who asked; what others put into the header stands further left.
  const ip = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
  return { device: device || browserOf(userAgent), userAgent, ip }
}
function browserOf(userAgent: string): string {
  return /(Firefox|Edg|OPR|Chrome|Safari|curl)/.exec(userAgent)?.[1]?.replace('Edg', 'Edge').replace('OPR', 'Opera') ?? 'Unknown'
}

export async function bodyOf<T extends z.ZodType>(c: Ctx, schema: T): Promise<z.infer<T>> {
  const json: unknown = await c.req.json().catch(() => {
    throw new Failure(400, 'no_json', 'This is no JSON.')
  })
  return check(schema, json)
}
export function check<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const said = read.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
  throw new Failure(422, 'invalid', said.join('; '))
}

export const id = z.coerce.number().int().positive().max(2_147_483_647)
export const idOf = (c: Ctx, name = 'id') => {
  const read = id.safeParse(c.req.param(name))
  if (!read.success) throw new Failure(404, 'not_found', 'There is nothing here.')
  return read.data
}
export const ids = z.object({ ids: z.array(id).max(1000) })
export const line = z.string().trim().min(1).max(200)
