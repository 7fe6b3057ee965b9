import { Hono } from 'hono'
import { z } from 'zod'
import { endNoteSession, heatmap, listNoteSessions, recentActivity, startNoteSession } from '../activity.ts'
import { bodyOf, check, type Env, id, idOf, line, userOf } from '../context.ts'
import type { Services } from '../services.ts'

const time = z.iso.datetime({ offset: true })
export const newEvent = z.object({ title: line, starts_at: time, ends_at: time.nullish(), note_id: id.nullish() })
const offset = z.coerce.number().int().min(0).max(1_000_000).optional()
const eventChange = newEvent.omit({ note_id: true }).partial().extend({ is_completed: z.boolean().optional() })

export function createPlannerApi({ planner, notes, database }: Services): Hono<Env> {
  const api = new Hono<Env>({ strict: false })
  const me = (c: Parameters<typeof userOf>[0]) => userOf(c).id

  api.get('/planner-events', async (c) => c.json(await planner.list(me(c), check(offset, c.req.query('offset')))))
  api.post('/planner-events', async (c) => c.json(await planner.create(me(c), await bodyOf(c, newEvent)), 201))
  api.patch('/planner-events/:id', async (c) => c.json(await planner.update(me(c), idOf(c), await bodyOf(c, eventChange))))
  api.delete('/planner-events/:id', async (c) => {
    await planner.remove(me(c), idOf(c))
    return c.body(null, 204)
  })

  api.get('/calendar-feeds', async (c) => c.json(await planner.feeds(me(c))))
  api.post('/calendar-feeds', async (c) => {
    const { name, url } = await bodyOf(c, z.object({ name: line, url: z.string().max(2000) }))
    return c.json(await planner.addFeed(me(c), name, url), 201)
  })
  api.get('/calendar-feeds/:id', async (c) => c.json(await planner.feedEvents(me(c), idOf(c), new Date())))
  api.delete('/calendar-feeds/:id', async (c) => {
    await planner.removeFeed(me(c), idOf(c))
    return c.body(null, 204)
  })

  api.get('/heatmap', async (c) => c.json(await heatmap(database, me(c))))
  api.get('/activity', async (c) => c.json(await recentActivity(database, me(c), 365)))
  api.get('/activity/week', async (c) => c.json(await recentActivity(database, me(c), 7)))
  api.get('/note-sessions', async (c) => c.json(await listNoteSessions(database, me(c))))
  api.post('/note-sessions', async (c) => {
    const { note_id: noteId } = await bodyOf(c, z.object({ note_id: id }))
    await notes.get(me(c), noteId)
    return c.json(await startNoteSession(database, me(c), noteId), 201)
  })
  api.patch('/note-sessions/:id', async (c) => c.json(await endNoteSession(database, me(c), idOf(c))))
  return api
}
