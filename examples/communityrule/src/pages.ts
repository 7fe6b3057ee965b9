import { type Context, Hono } from 'hono'
import { requireDatabase } from './database.ts'
import { type Draft, dropDraft, findDraft, publishDraft, saveDraft, setPhoto, startDraft } from './drafts.ts'
import { readAnswers } from './facets.ts'
import { Failure } from './failure.ts'
import { takeOne } from './limits.ts'
import { draftContent, emptyContent, fieldErrors, isId, type RuleContent, ruleContent, SECTIONS } from './rule.ts'
import { countRules, findRule, listRules } from './rules.ts'
import type { Services } from './services.ts'
import { followLink, requestLink } from './sign-in.ts'
import { findTemplate, listTemplates } from './templates.ts'
import { findUpload, readUpload, requireRoot, storeUpload } from './uploads.ts'
import { choosePage, type EditState, editPage } from './views/create.ts'
import { homePage } from './views/home.ts'
import { rulePage, rulesPage } from './views/rules.ts'
import { templatesPage } from './views/templates.ts'
import { markdown } from './views/text.ts'
import { linkSentPage, signInPage, youPage } from './views/you.ts'
import { draftIdOf } from './whose-draft.ts'

const PAGE = 24
const NOT_FOUND = new Failure(404, 'not_found', 'There is no rule at this address.')

/** Plain pages and forms: everything works without scripts, which only add saving while you type and live news. */
export function createPages(services: Services): Hono {
  const { config, draftCookie, sessions } = services
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
    const id = await draftIdOf(c, services)
    const [templates, draft] = await Promise.all([listTemplates(db(), answers), id ? findDraft(db(), id) : undefined])
    return c.html(choosePage(services, templates, answers, draft))
  })
  pages.post('/create', async (c) => {
    const form = await c.req.formData()
    const [content, template] = await beginning(String(form.get('template') ?? ''), String(form.get('rule') ?? ''))
    const old = await draftIdOf(c, services)
    if (old) await dropDraft(db(), old)
    const person = await sessions.person(c)
    const draft = await startDraft(db(), content, template, person?.id)
    if (!person) await draftCookie.write(c, draft.id)
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
    const id = await draftIdOf(c, services)
    const draft = id && (await findDraft(db(), id))
    if (!draft) return c.redirect('/create', 303)
    return edit(c, draft, { content: draft.content, errors: {}, isSaved: c.req.query('saved') !== undefined })
  })
  pages.post('/create/edit', async (c) => {
    const form = await c.req.formData()
    const id = await draftIdOf(c, services)
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
    if (!rule.success) return edit(c, draft, { content: typed, errors: fieldErrors(rule.error), isSaved: read.success })
    const published = await publishDraft(db(), id, rule.data)
    draftCookie.clear(c)
    return c.redirect(published ? `/rules/${encodeURIComponent(published.slug)}` : '/rules', 303)
  })

  async function edit(c: Context, { template, photo }: Draft, state: Omit<EditState, 'photo' | 'isSignedIn'>) {
    const from = template === null ? undefined : await findTemplate(db(), template)
    const isSignedIn = (await sessions.person(c)) !== undefined
    c.header('cache-control', 'no-store')
    const shown = { ...state, photo, isSignedIn, templateTitle: from?.title }
    return c.html(editPage(services, shown), Object.keys(state.errors).length > 0 ? 422 : 200)
  }

  pages.post('/create/photo', async (c) => {
    const root = requireRoot(config.uploadRoot)
    const person = await sessions.required(c)
    const id = await draftIdOf(c, services)
    if (!id) return c.redirect('/create', 303)
    await takeOne(services.limits.uploads, person.id)
    const file = (await c.req.formData()).get('file')
    if (!(file instanceof File) || file.size === 0) throw new Failure(422, 'no_file', 'Choose a picture first.')
    const upload = await storeUpload(db(), root, person.id, file)
    await setPhoto(db(), id, upload.id)
    return c.redirect('/create/edit?saved', 303)
  })
  pages.get('/uploads/:id', async (c) => {
    const id = c.req.param('id')
    const upload = isId(id) ? await findUpload(db(), id) : undefined
    if (!upload) throw new Failure(404, 'not_found', 'There is nothing here.')
    return c.body(readUpload(requireRoot(config.uploadRoot), upload), 200, {
      'content-type': upload.type,
      'content-length': String(upload.size),
      // A picture is shown, anything else is handed over; and nothing is guessed from what is in it.
      'content-disposition': upload.type.startsWith('image/') ? 'inline' : 'attachment',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  pages.get('/you', async (c) => {
    const person = await sessions.person(c)
    c.header('cache-control', 'no-store')
    if (!person) return c.html(signInPage(services))
    const id = await draftIdOf(c, services)
    return c.html(youPage(services, person, id ? await findDraft(db(), id) : undefined))
  })
  pages.post('/sign-in', async (c) => {
    const email = String((await c.req.formData()).get('email') ?? '')
    await requestLink(c, services, email)
    return c.html(linkSentPage(services, email))
  })
  pages.get('/auth/verify', async (c) => {
    // Mail scanners look at links beforehand: only a real visit uses one up.
    if (c.req.method === 'HEAD') return c.body(null)
    c.header('cache-control', 'no-store')
    c.header('referrer-policy', 'no-referrer')
    await followLink(c, services, c.req.query('token') ?? '')
    return c.redirect('/you', 303)
  })
  pages.post('/sign-out', async (c) => {
    await sessions.end(c)
    draftCookie.clear(c)
    return c.redirect('/', 303)
  })
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
