import { Hono } from 'hono'
import { z } from 'zod'
import { bodyOf, type Env, idOf, ids, line, userOf } from '../context.ts'
import type { Services } from '../services.ts'

export const newCourse = z.object({
  title: line,
  description: z.string().max(2000).optional(),
  is_public: z.boolean().optional(),
})
export const courseChange = newCourse.partial()

export function createCoursesApi({ courses, notes }: Services): Hono<Env> {
  const api = new Hono<Env>({ strict: false })
  const me = (c: Parameters<typeof userOf>[0]) => userOf(c).id
  const anyone = (c: Parameters<typeof userOf>[0]) => c.get('user')?.id ?? 0

  api.get('/front-page', async (c) => c.json({ courses: await courses.frontPage(anyone(c)) }))
  api.get('/courses', async (c) => c.json(await courses.list(me(c))))
  api.post('/courses', async (c) => c.json(await courses.create(me(c), await bodyOf(c, newCourse)), 201))
  api.post('/courses/reorder', async (c) => {
    await courses.reorder(me(c), (await bodyOf(c, ids)).ids)
    return c.json(await courses.list(me(c)))
  })
  api.get('/courses/:id', async (c) => c.json(await courses.get(anyone(c), idOf(c))))
  api.patch('/courses/:id', async (c) => c.json(await courses.update(me(c), idOf(c), await bodyOf(c, courseChange))))
  api.delete('/courses/:id', async (c) => {
    await courses.remove(me(c), idOf(c))
    return c.body(null, 204)
  })
  api.get('/courses/:id/notes', async (c) => {
    await courses.get(anyone(c), idOf(c))
    return c.json(await notes.list(anyone(c), idOf(c)))
  })
  api.post('/courses/:id/subscribe', async (c) => c.json(await courses.subscribe(me(c), idOf(c)), 201))
  api.delete('/courses/:id/subscribe', async (c) => {
    await courses.unsubscribe(me(c), idOf(c))
    return c.body(null, 204)
  })
  api.post('/courses/:id/open', async (c) => c.json(await courses.open(me(c), idOf(c))))
  return api
}
