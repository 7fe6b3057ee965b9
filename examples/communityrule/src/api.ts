import { Hono } from 'hono'
import { requireDatabase } from './database.ts'
import { findDraft, saveDraft } from './drafts.ts'
import { readAnswers } from './facets.ts'
import { Failure } from './failure.ts'
import { readHealth } from './health.ts'
import { draftContent, fieldErrors, isId, newRule } from './rule.ts'
import { findRule, listRules, publishRule } from './rules.ts'
import type { Services } from './services.ts'
import { findTemplate, listTemplates } from './templates.ts'

const NOT_FOUND = new Failure(404, 'not_found', 'There is nothing here.')

export function createApi({ config, database, draftCookie }: Services): Hono {
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

  // The draft of the browser that asks.
  api.get('/drafts/me', async (c) => {
    const id = await draftCookie.read(c)
    return c.json({ draft: (id && (await findDraft(requireDatabase(database), id))) || null })
  })
  api.put('/drafts/me', async (c) => {
    const read = draftContent.safeParse(await readJson(c.req.raw))
    if (!read.success) return c.json({ error: 'invalid_draft', fields: fieldErrors(read.error) }, 422)
    const id = await draftCookie.read(c)
    const draft = id && (await saveDraft(requireDatabase(database), id, read.data))
    if (!draft) throw NOT_FOUND
    return c.json({ draft })
  })

  // Nobody can sign in yet.
  api.get('/auth/session', (c) => c.json({ user: null }))

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
