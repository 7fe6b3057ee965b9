import { Hono } from 'hono'
import { requireDatabase } from './database.ts'
import { findDraft, saveDraft } from './drafts.ts'
import { readAnswers } from './facets.ts'
import { Failure } from './failure.ts'
import { readHealth } from './health.ts'
import { sendInquiry } from './inquiry.ts'
import { takeOne } from './limits.ts'
import { draftContent, fieldErrors, isId, newRule } from './rule.ts'
import { findRule, listRules, publishRule } from './rules.ts'
import type { Services } from './services.ts'
import { requestLink } from './sign-in.ts'
import { findTemplate, listTemplates } from './templates.ts'
import { requireRoot, storeUpload } from './uploads.ts'
import { draftIdOf } from './whose-draft.ts'

const NOT_FOUND = new Failure(404, 'not_found', 'There is nothing here.')

export function createApi(services: Services): Hono {
  const { config, database, sessions } = services
  const api = new Hono()

  api.get('/health', async (c) => {
    const { status, body } = await readHealth(database)
    c.header('cache-control', 'no-store')
    return c.json(body, status)
  })

  api.get('/templates', async (c) => {
    return c.json({ templates: await listTemplates(requireDatabase(database), readAnswers(new URL(c.req.url).searchParams)) })
  })
  api.get('/templates/:slug', async (c) => {
    const template = await findTemplate(requireDatabase(database), c.req.param('slug'))
    if (!template) throw NOT_FOUND
    return c.json({ template })
  })

  api.get('/rules', async (c) => {
    const before = c.req.query('before')
    if (before !== undefined && !isId(before)) throw new Failure(400, 'invalid_query', 'before is the id of a rule.')
    return c.json({ rules: await listRules(requireDatabase(database), { limit: 50, before }) })
  })
  api.get('/rules/:rule', async (c) => {
    const rule = await findRule(requireDatabase(database), c.req.param('rule'))
    if (!rule) throw NOT_FOUND
    return c.json({ rule })
  })
  api.post('/rules', async (c) => {
    const read = newRule.safeParse(await readJson(c.req.raw))
    if (!read.success) return c.json({ error: 'invalid_rule', fields: fieldErrors(read.error) }, 422)
    const { template, ...content } = read.data
    const rule = await publishRule(requireDatabase(database), content, template ?? null)
    c.header('location', `/rules/${encodeURIComponent(rule.slug)}`)
    return c.json({ rule }, 201)
  })

  // The draft of the person who asks, or of their browser.
  api.get('/drafts/me', async (c) => {
    const id = await draftIdOf(c, services)
    return c.json({ draft: (id && (await findDraft(requireDatabase(database), id))) || null })
  })
  api.put('/drafts/me', async (c) => {
    const read = draftContent.safeParse(await readJson(c.req.raw))
    if (!read.success) return c.json({ error: 'invalid_draft', fields: fieldErrors(read.error) }, 422)
    const id = await draftIdOf(c, services)
    const draft = id && (await saveDraft(requireDatabase(database), id, read.data))
    if (!draft) throw NOT_FOUND
    return c.json({ draft })
  })

  api.post('/auth/magic-link/request', async (c) => {
    const body = await readJson(c.req.raw)
    await requestLink(c, services, typeof body === 'object' && body !== null && 'email' in body ? body.email : undefined)
    return c.json({ ok: true })
  })
  api.get('/auth/session', async (c) => {
    c.header('cache-control', 'no-store')
    return c.json({ user: (await sessions.person(c)) ?? null })
  })
  api.post('/auth/logout', async (c) => {
    await sessions.end(c)
    return c.json({ ok: true })
  })

  api.post('/uploads', async (c) => {
    // What the server lacks is said to everyone: a check needs no account to see it.
    const root = requireRoot(config.uploadRoot)
    const person = await sessions.required(c)
    await takeOne(services.limits.uploads, person.id)
    const file = (await c.req.formData()).get('file')
    if (!(file instanceof File)) throw new Failure(422, 'no_file', 'Send a form with a `file`.')
    const upload = await storeUpload(requireDatabase(database), root, person.id, file)
    return c.json({ upload: { ...upload, url: `/uploads/${upload.id}` } }, 201)
  })

  api.post('/organizer-inquiry', async (c) => {
    const fields = await sendInquiry(c, services, await readJson(c.req.raw))
    return fields ? c.json({ error: 'invalid_inquiry', fields }, 422) : c.json({ ok: true })
  })

  if (config.isBench) {
    api.get('/slow', async (c) => {
      const ms = Math.min(Math.max(Number(c.req.query('ms')) || 0, 0), 60_000)
      await new Promise((resolve) => setTimeout(resolve, ms))
      return c.json({ ms, release: config.release ?? null })
    })
  }
  return api
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json()
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure(400, 'invalid_json', 'The body is not JSON.')
    throw error
  }
}
