import { Hono } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import { html } from 'hono/html'
import { type Ctx, deviceOf, type Env } from '../context.ts'
import { rowsOf } from '../database.ts'
import { Failure, failureOf, nothingHere } from '../failure.ts'
import { COOKIE, MESSAGES } from '../middleware.ts'
import type { Services } from '../services.ts'
import { endSession, startSession } from '../sessions.ts'
import { layout, loginForm, table } from './pages.ts'

/** Each list is one query; passwords, keys and digests are in none. */
const LISTS: Record<string, { title: string; sql: string }> = {
  users: {
    title: 'Users',
    sql: 'select id, username, email, is_admin, is_verified, api_key_at, created_at from users order by id desc limit 100',
  },
  sessions: {
    title: 'Sessions',
    sql: 'select s.id, u.username, s.device, s.created_at, s.used_at from sessions s join users u on u.id = s.user_id order by s.used_at desc limit 100',
  },
  courses: {
    title: 'Courses',
    sql: 'select c.id, c.title, u.username as owner, c.is_public, c.created_at from courses c join users u on u.id = c.owner_id order by c.id desc limit 100',
  },
  notes: {
    title: 'Notes',
    sql: 'select n.id, n.title, u.username as owner, n.updated_at, n.deleted_at from notes n join users u on u.id = n.owner_id order by n.id desc limit 100',
  },
}

export function createAdmin({ accounts, database }: Services): Hono<Env> {
  const pages = new Hono<Env>({ strict: false })
  const isSecure = (c: Ctx) => c.req.header('x-forwarded-proto') === 'https'

  pages.get('/login', (c) => c.html(loginForm()))
  pages.post('/login', async (c) => {
    const { username, password } = await c.req.parseBody()
    try {
      const user = await accounts.login(String(username ?? ''), String(password ?? ''))
      if (!user.is_admin) throw new Failure(403, 'not_allowed', 'This account may not use the administration.')
      const key = await startSession(database, user.id, deviceOf(c, 'Administration'))
      setCookie(c, COOKIE, key, { path: '/admin/', httpOnly: true, sameSite: 'Lax', secure: isSecure(c) })
      setCookie(c, MESSAGES, `Welcome, ${user.username}.`, {
        path: '/admin/',
        httpOnly: true,
        sameSite: 'Lax',
        secure: isSecure(c),
      })
      return c.redirect('/admin/')
    } catch (error) {
      const failure = failureOf(error)
      if (!failure || failure.status >= 500) throw error
      return c.html(loginForm(failure.message), failure.status)
    }
  })
  pages.post('/logout', async (c) => {
    const [user, sessionId] = [c.get('user'), c.get('sessionId')]
    if (user && sessionId !== undefined) await endSession(database, user.id, sessionId)
    deleteCookie(c, COOKIE, { path: '/admin/' })
    return c.redirect('/admin/login/')
  })

  pages.use(async (c, next) => {
    if (!c.get('user')?.is_admin || c.get('sessionId') === undefined) return c.redirect('/admin/login/')
    await next()
  })
  const page = (c: Ctx) => ({ who: c.get('user')?.username, messages: c.get('messages') })
  pages.get('/', (c) => {
    const links = Object.entries(LISTS).map(([name, { title }]) => html`<li><a href="/admin/${name}/">${title}</a></li>`)
    return c.html(layout({ title: 'Lists', ...page(c) }, html`<ul>${links}</ul>`))
  })
  pages.get('/:list', async (c) => {
    const name = c.req.param('list')
    const list = Object.hasOwn(LISTS, name) ? LISTS[name] : undefined
    if (!list) throw nothingHere()
    return c.html(layout({ title: list.title, ...page(c) }, table(await rowsOf(database, list.sql))))
  })
  return pages
}
