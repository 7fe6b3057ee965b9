import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { KINDS } from '../blocks.ts'
import { bodyOf, check, type Env, id, idOf, ids, line, userOf } from '../context.ts'
import { Failure } from '../failure.ts'
import type { Services } from '../services.ts'

export const ATTACHMENT_BYTES = 10 * 1024 * 1024
export const block = z.object({ kind: z.enum(KINDS).default('text'), text: z.string().max(50_000).default('') })
export const blockChange = z.object({ kind: z.enum(KINDS).optional(), text: z.string().max(50_000).optional() })
export const newNote = z.object({ title: line, course_id: id.optional(), blocks: z.array(block).max(500).optional() })
export const noteChange = z.object({ title: line.optional(), course_id: id.optional() })

export function createNotesApi({ notes, blocks, attachments }: Services): Hono<Env> {
  const api = new Hono<Env>({ strict: false })
  const me = (c: Parameters<typeof userOf>[0]) => userOf(c).id

  api.get('/notes', async (c) => c.json(await notes.list(me(c), check(id.optional(), c.req.query('course')))))
  api.post('/notes', async (c) => c.json(await notes.create(me(c), await bodyOf(c, newNote)), 201))
  api.get('/notes/search', async (c) => c.json(await notes.search(me(c), check(line, c.req.query('q')))))
  api.get('/notes/deleted', async (c) => c.json(await notes.deleted(me(c))))
  api.post('/notes/deleted/empty', async (c) => {
    await attachments.removeFiles(await notes.emptyBin(me(c)))
    return c.body(null, 204)
  })
  api.get('/notes/uuid/:uuid', async (c) => c.json(await notes.get(c.get('user')?.id ?? 0, check(z.uuid(), c.req.param('uuid')))))
  api.get('/notes/:id', async (c) => c.json(await notes.get(c.get('user')?.id ?? 0, idOf(c))))
  api.patch('/notes/:id', async (c) => c.json(await notes.update(me(c), idOf(c), await bodyOf(c, noteChange))))
  api.delete('/notes/:id', async (c) => {
    await notes.remove(me(c), idOf(c))
    return c.body(null, 204)
  })

  api.post('/notes/:id/restore', async (c) => c.json(await notes.restore(me(c), idOf(c))))
  api.get('/notes/:id/history', async (c) => c.json(await notes.history(me(c), idOf(c))))
  api.post('/notes/:id/snapshot', async (c) => c.json(await notes.snapshot(me(c), idOf(c)), 201))
  api.post('/notes/:id/restore/:version', async (c) => c.json(await notes.restoreVersion(me(c), idOf(c), idOf(c, 'version'))))

  api.get('/notes/:id/blocks', async (c) => c.json((await notes.get(me(c), idOf(c))).blocks))
  api.post('/notes/:id/blocks', async (c) => c.json(await blocks.create(me(c), idOf(c), await bodyOf(c, block)), 201))
  api.post('/notes/:id/reorder', async (c) => c.json(await blocks.reorder(me(c), idOf(c), (await bodyOf(c, ids)).ids)))
  api.patch('/blocks/:id', async (c) => c.json(await blocks.update(me(c), idOf(c), await bodyOf(c, blockChange))))
  api.delete('/blocks/:id', async (c) => {
    await blocks.remove(me(c), idOf(c))
    return c.body(null, 204)
  })

  const tooLarge = () => {
    throw new Failure(413, 'too_large', 'An attachment may have 10 MB.')
  }
  api.get('/notes/:id/attachments', async (c) => c.json(await attachments.list(me(c), idOf(c))))
  api.post('/notes/:id/attachments', bodyLimit({ maxSize: ATTACHMENT_BYTES, onError: tooLarge }), async (c) => {
    const { file } = await c.req.parseBody()
    if (!(file instanceof File)) throw new Failure(422, 'invalid', 'There is no file in `file`.')
    return c.json(await attachments.add(me(c), idOf(c), file), 201)
  })
  api.delete('/notes/:id/attachments/:aid', async (c) => {
    await attachments.remove(me(c), idOf(c), idOf(c, 'aid'))
    return c.body(null, 204)
  })
  return api
}
