import type { Post } from '@flick/shared/types.ts'
import { and, desc, eq, lt } from 'drizzle-orm'
import type { Redis } from 'ioredis'
import * as z from 'zod'
import type { Database } from './database.ts'
import { Failure } from './failure.ts'
import { posts, user } from './schema.ts'

const PAGE = 30
const VERSION = 'posts:version'

export const newPost = z.object({ text: z.string().trim().min(1).max(500) })
export const postId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER)

const fields = { id: posts.id, author: user.name, text: posts.text, postedAt: posts.postedAt, isHidden: posts.isHidden }
const say = (row: Omit<Post, 'postedAt'> & { postedAt: Date }): Post => ({ ...row, postedAt: row.postedAt.toISOString() })

export type Posts = ReturnType<typeof createPosts>

/** The first page is what everybody asks for: Redis keeps it for all instances, until something changes or its time is over. */
export function createPosts(database: Database, redis: Redis, ttlSeconds: number) {
  const all = () => database.select(fields).from(posts).innerJoin(user, eq(posts.userId, user.id)).$dynamic()

  /** A page that somebody is about to keep has the old version in its name by then, and is not found any more. */
  async function forget(): Promise<void> {
    await redis.incr(VERSION).catch(() => 0)
  }
  async function list(before?: number): Promise<Post[]> {
    const isCached = before === undefined && ttlSeconds > 0
    // While Redis is away the database is asked, which knows the same.
    const version = isCached ? await redis.get(VERSION).catch(() => undefined) : undefined
    const key = `posts:${version ?? 0}`
    const kept = version === undefined ? null : await redis.get(key).catch(() => null)
    if (kept) return JSON.parse(kept)
    const where = and(eq(posts.isHidden, false), before === undefined ? undefined : lt(posts.id, before))
    const rows = await all().where(where).orderBy(desc(posts.id)).limit(PAGE)
    const page = rows.map(say)
    if (version !== undefined) await redis.set(key, JSON.stringify(page), 'EX', ttlSeconds).catch(() => null)
    return page
  }
  async function find(id: number): Promise<Post> {
    const [row] = await all().where(eq(posts.id, id))
    if (!row) throw new Failure(404, 'not_found', 'There is no such post.')
    return say(row)
  }
  return {
    list,
    find,
    listAll: async () => (await all().orderBy(desc(posts.id)).limit(200)).map(say),
    async add(userId: string, text: string): Promise<Post> {
      const [row] = await database.insert(posts).values({ userId, text }).returning({ id: posts.id })
      await forget()
      return find(row!.id) // One row was inserted, and one comes back.
    },
    /** Gives the author too, who is to hear of it. */
    async hide(id: number, isHidden: boolean): Promise<{ post: Post; userId: string }> {
      const [row] = await database.update(posts).set({ isHidden }).where(eq(posts.id, id)).returning({ userId: posts.userId })
      if (!row) throw new Failure(404, 'not_found', 'There is no such post.')
      await forget()
      return { post: await find(id), userId: row.userId }
    },
  }
}
