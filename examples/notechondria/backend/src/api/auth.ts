import { Hono } from 'hono'
import { z } from 'zod'
import type { ProviderName } from '../config.ts'
import { bodyOf, type Ctx, check, deviceOf, type Env, idOf, userOf } from '../context.ts'
import { Failure, nothingHere } from '../failure.ts'
import type { Services } from '../services.ts'
import { endSession, listSessions, startSession, type User } from '../sessions.ts'

const username = z.string().regex(/^[\w.-]{2,40}$/, 'two to forty letters, digits and . _ -')
const email = z.email().max(200)
const password = z.string().min(8).max(200)
const code = z.string().min(1).max(20)
const device = z.string().max(80).default('')
const byCode = z.object({ code: z.string().min(1).max(2000), state: z.string().min(1).max(500), device })
const provider = z.enum(['google', 'github'])

export function createAuth({ accounts, oauth, database, config }: Services) {
  const api = new Hono<Env>({ strict: false })
  const signIn = async (c: Ctx, user: User, name: string) => ({
    token: await startSession(database, user.id, deviceOf(c, name)),
    user,
  })
  const providerOf = (c: Ctx): ProviderName => {
    const read = provider.safeParse(c.req.param('provider'))
    if (!read.success) throw nothingHere()
    return read.data
  }

  api.post('/register', async (c) => {
    const body = await bodyOf(c, z.object({ username, email, password, device }))
    const user = await accounts.register(body.username, body.email, body.password)
    return c.json(user.is_verified ? await signIn(c, user, body.device) : { user }, 201)
  })
  api.post('/verify-email', async (c) => {
    const body = await bodyOf(c, z.object({ email, code, device }))
    return c.json(await signIn(c, await accounts.verifyEmail(body.email, body.code), body.device))
  })
  api.post('/resend-verification', async (c) => {
    await accounts.sendTo((await bodyOf(c, z.object({ email }))).email, 'verify_email')
    return c.json({ detail: 'If there is such an account, a code is on its way.' })
  })
  api.post('/login', async (c) => {
    const body = await bodyOf(c, z.object({ username: z.string().max(200), password: z.string().max(200), device }))
    return c.json(await signIn(c, await accounts.login(body.username, body.password), body.device))
  })
  api.post('/password-reset', async (c) => {
    await accounts.sendTo((await bodyOf(c, z.object({ email }))).email, 'password_reset')
    return c.json({ detail: 'If there is such an account, a code is on its way.' })
  })
  api.post('/password-reset/confirm', async (c) => {
    const body = await bodyOf(c, z.object({ email, code, new_password: password }))
    return c.json({ token: await accounts.resetPassword(body.email, body.code, body.new_password, deviceOf(c)) })
  })

  /** Never an error: a page asks it to find out. */
  api.get('/session', (c) => {
    const user = c.get('user')
    return c.json(user ? { authenticated: true, user } : { authenticated: false })
  })
  api.post('/logout', async (c) => {
    const sessionId = c.get('sessionId')
    if (sessionId !== undefined) await endSession(database, userOf(c).id, sessionId)
    return c.body(null, 204)
  })
  api.get('/sessions', async (c) => c.json(await listSessions(database, userOf(c).id, c.get('sessionId'))))
  api.delete('/sessions/:id', async (c) => {
    if (!(await endSession(database, userOf(c).id, idOf(c)))) throw nothingHere()
    return c.body(null, 204)
  })

  api.post('/send-identity-code', async (c) => {
    await accounts.sendCode(userOf(c), 'identity')
    return c.json({ detail: `A code is on its way to ${userOf(c).email}.` })
  })
  api.post('/change-password', async (c) => {
    const body = await bodyOf(c, z.object({ code, new_password: password }))
    await accounts.useCode(userOf(c).id, 'identity', body.code)
    return c.json({ token: await accounts.changePassword(userOf(c).id, body.new_password, deviceOf(c)) })
  })
  api.post('/change-email', async (c) => {
    const body = await bodyOf(c, z.object({ code, email }))
    await accounts.useCode(userOf(c).id, 'identity', body.code)
    return c.json({ user: await accounts.changeEmail(userOf(c).id, body.email) })
  })
  api.post('/rotate-api-key', async (c) => {
    // A key that fell into wrong hands must not be able to make the next one.
    if (c.get('sessionId') === undefined) throw new Failure(403, 'session_needed', 'Please sign in for this.')
    return c.json({ api_key: await accounts.rotateApiKey(userOf(c).id) }, 201)
  })

  api.get('/oauth-config', async (c) => {
    const providers = await Promise.all(oauth.providers.map(async (name) => ({ provider: name, ...(await oauth.begin(name)) })))
    return c.json({ providers })
  })
  api.get('/social-accounts', async (c) => c.json(await oauth.list(userOf(c).id)))
  api.delete('/social-accounts/:provider', async (c) => {
    await oauth.unlink(userOf(c).id, providerOf(c))
    return c.body(null, 204)
  })
  api.post('/bind/:provider', async (c) => {
    const user = userOf(c)
    const body = await bodyOf(c, byCode)
    await oauth.bind(user.id, providerOf(c), await oauth.exchange(providerOf(c), body.code, body.state))
    return c.json(await oauth.list(user.id), 201)
  })
  api.post('/:provider', async (c) => {
    const name = providerOf(c)
    const body = await bodyOf(c, byCode)
    return c.json(await signIn(c, await oauth.login(name, await oauth.exchange(name, body.code, body.state)), body.device))
  })

  /** Where providers send the browser back to. The page that asked for it takes code and state from behind the `#`. */
  const callback = (c: Ctx) => {
    const name = providerOf(c)
    const query = check(z.record(z.string(), z.string()), c.req.query())
    const { code: given = '', state = '', error = '' } = query
    const answer = new URLSearchParams(error ? { provider: name, error } : { provider: name, code: given, state })
    return c.redirect(`${config.frontendOrigin}/Notechondria/portal/#/oauth?${answer}`)
  }
  return { api, callback }
}
