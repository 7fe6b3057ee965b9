import { type Context, Hono } from 'hono'
import { requireDatabase } from './database.ts'
import { dropDraft, findDraft, publishDraft, saveDraft, startDraft } from './drafts.ts'
import { readAnswers } from './facets.ts'
import { Failure } from './failure.ts'
import { draftContent, emptyContent, fieldErrors, isId, type RuleContent, ruleContent, SECTIONS } from './rule.ts'
import { countRules, findRule, listRules } from './rules.ts'
import type { Services } from './services.ts'
import { findTemplate, listTemplates } from './templates.ts'
import { choosePage, editPage } from './views/create.ts'
import { homePage } from './views/home.ts'
import { rulePage, rulesPage } from './views/rules.ts'
import { templatesPage } from './views/templates.ts'
import { markdown } from './views/text.ts'

const PAGE = 24
const NOT_FOUND = new Failure(404, 'not_found', 'There is no rule at this address.')

/** Plain pages and forms: everything works without scripts, which only add saving while you type and live news. */
export function createPages(services: Services): Hono {
  const { draftCookie } = services
  const pages = new Hono()
  const db = () => requireDatabase(services.database)

  pages.get('/', async (c) => {
    const [rules, count, templates] = await Promise.all([
      listRules(db(), { limit: 6 }),
      countRules(db()),
      listTemplates(db(), {}),
    ])
    return c.html(homePage(services, rules, count, templates))
  })
  pages.get('/templates', async (c) => {
    const answers = readAnswers(new URL(c.req.url).searchParams)
    return c.html(templatesPage(services, await listTemplates(db(), answers), answers))
  })
  pages.get('/rules', async (c) => {
    const before = c.req.query('before')
    if (before !== undefined && !isId(before)) throw NOT_FOUND
    // One more than fits says whether there is a next page.
    const [rules, count] = await Promise.all([listRules(db(), { limit: PAGE + 1, before }), countRules(db())])
    const shown = rules.slice(0, PAGE)
    return c.html(rulesPage(services, shown, count, rules.length > PAGE ? shown.at(-1)?.id : undefined))
  })
  pages.get('/rules/:rule', async (c) => {
    const rule = await findRule(db(), c.req.param('rule'))
    if (!rule) throw NOT_FOUND
    const template = rule.template === null ? undefined : await findTemplate(db(), rule.template)
    return c.html(rulePage(services, rule, template?.title))
  })
  pages.get('/rules/:rule/markdown', async (c) => {
    const rule = await findRule(db(), c.req.param('rule'))
    if (!rule) throw NOT_FOUND
    return c.text(markdown(rule), 200, { 'content-type': 'text/markdown; charset=utf-8' })
  })

  pages.get('/create', async (c) => {
    const answers = readAnswers(new URL(c.req.url).searchParams)
    const id = await draftCookie.read(c)
    const [templates, draft] = await Promise.all([listTemplates(db(), answers), id ? findDraft(db(), id) : undefined])
    return c.html(choosePage(services, templates, answers, draft))
  })
  pages.post('/create', async (c) => {
    const form = await c.req.formData()
    const [content, template] = await beginning(String(form.get('template') ?? ''), String(form.get('rule') ?? ''))
    const old = await draftCookie.read(c)
    if (old) await dropDraft(db(), old)
    const draft = await startDraft(db(), content, template)
    await draftCookie.write(c, draft.id)
    return c.redirect('/create/edit', 303)
  })

  async function beginning(template: string, rule: string): Promise<[RuleContent, string | null]> {
    if (isId(rule)) {
      const from = await findRule(db(), rule)
      if (from) return [{ title: '', summary: '', sections: from.sections }, from.template]
    }
    const from = template === '' ? undefined : await findTemplate(db(), template)
    return from ? [{ title: '', summary: '', sections: from.sections }, from.slug] : [emptyContent, null]
  }

  pages.get('/create/edit', async (c) => {
    const id = await draftCookie.read(c)
    const draft = id && (await findDraft(db(), id))
    if (!draft) return c.redirect('/create', 303)
    return edit(c, draft.template, { content: draft.content, errors: {}, isSaved: c.req.query('saved') !== undefined })
  })
  pages.post('/create/edit', async (c) => {
    const form = await c.req.formData()
    const id = await draftCookie.read(c)
    if (!id) return c.redirect('/create', 303)
    const intent = form.get('intent')
    if (intent === 'discard') {
      await dropDraft(db(), id)
      draftCookie.clear(c)
      return c.redirect('/create', 303)
    }
    const typed = typedIn(form)
    const read = draftContent.safeParse(typed)
    const draft = read.success ? await saveDraft(db(), id, read.data) : await findDraft(db(), id)
    if (!draft) return c.redirect('/create', 303)
    if (intent !== 'publish' && read.success) return c.redirect('/create/edit?saved', 303)

    const rule = ruleContent.safeParse(typed)
    if (!rule.success) return edit(c, draft.template, { content: typed, errors: fieldErrors(rule.error), isSaved: read.success })
    const published = await publishDraft(db(), id, rule.data)
    draftCookie.clear(c)
    return c.redirect(published ? `/rules/${encodeURIComponent(published.slug)}` : '/rules', 303)
  })

  async function edit(c: Context, template: string | null, state: Parameters<typeof editPage>[1]) {
    const from = template === null ? undefined : await findTemplate(db(), template)
    c.header('cache-control', 'no-store')
    return c.html(editPage(services, { ...state, templateTitle: from?.title }), Object.keys(state.errors).length > 0 ? 422 : 200)
  }
  return pages
}

function typedIn(form: FormData): RuleContent {
  const field = (name: string): string => String(form.get(name) ?? '')
  return {
    title: field('title'),
    summary: field('summary'),
    sections: { ...emptyContent.sections, ...Object.fromEntries(SECTIONS.map(({ key }) => [key, field(`sections.${key}`)])) },
  }
}
