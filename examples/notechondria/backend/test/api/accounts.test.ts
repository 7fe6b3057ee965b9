import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { client, type Instance, must, openWorld, signUp, start, type World } from './instance.ts'
import { startProvider } from './provider.ts'

let world: World
let provider: Awaited<ReturnType<typeof startProvider>>
let server: Instance
const BACK = 'http://api.notes.example'

before(async () => {
  world = await openWorld()
  provider = await startProvider()
  Object.assign(world.env, provider.env(BACK))
  await must(['migrate.js'], world.env)
  server = await start(world.env)
})
after(async () => {
  await provider.close()
  await world.close()
})

test('an account is made, confirmed by a code, and signs in', async () => {
  const anyone = client(server.base)
  const person = { username: 'bea', email: 'Bea@notes.example', password: 'password of bea' }
  const made = await anyone('POST', '/api/v1/auth/register/', person)
  assert.equal(made.status, 201)
  assert.equal(made.json.token, undefined)
  const early = await anyone('POST', '/api/v1/auth/login/', person)
  assert.deepEqual([early.status, early.json.code], [403, 'not_verified'])
  const guess = await anyone('POST', '/api/v1/auth/verify-email/', { email: person.email, code: 'nothing' })
  assert.deepEqual([guess.status, guess.json.code], [400, 'wrong_code'])
  const code = await world.mailbox.code('Bea@notes.example')
  const confirmed = await anyone('POST', '/api/v1/auth/verify-email/', { email: 'bea@notes.example', code })
  assert.match(confirmed.json.token, /^[0-9a-f]{40}$/)
  assert.equal((await anyone('POST', '/api/v1/auth/verify-email/', { email: person.email, code })).status, 400)
  assert.equal((await anyone('POST', '/api/v1/auth/register/', { ...person, username: 'bea2' })).json.code, 'taken')
  const signedIn = await anyone('POST', '/api/v1/auth/login/', { username: 'bea@NOTES.example', password: person.password })
  assert.equal(signedIn.json.user.username, 'bea')
  const wrong = await anyone('POST', '/api/v1/auth/login/', { username: 'bea', password: 'something else' })
  assert.deepEqual([wrong.status, wrong.json.code], [400, 'wrong_credentials'])
})

test('a new account has an Inbox with a welcome note', async () => {
  const { ask } = await signUp(world, server.base, 'cem')
  const [inbox] = (await ask('GET', '/api/v1/courses/')).json
  assert.deepEqual([inbox.title, inbox.is_default, inbox.notes], ['Inbox', true, 1])
  const [note] = (await ask('GET', '/api/v1/notes/')).json
  assert.equal(note.title, 'Welcome to Notechondria')
})

test('a code is good for five tries', async () => {
  const { ask, email } = await signUp(world, server.base, 'dan')
  await ask('POST', '/api/v1/auth/send-identity-code/')
  const good = await world.mailbox.code(email)
  for (let i = 0; i < 5; i++) {
    const code = good === '000000' ? '111111' : '000000'
    assert.equal((await ask('POST', '/api/v1/auth/change-password/', { code, new_password: 'another one' })).status, 400)
  }
  assert.equal((await ask('POST', '/api/v1/auth/change-password/', { code: good, new_password: 'another one' })).status, 400)
})

test('several sessions live side by side; one is ended without showing its key', async () => {
  const { ask, name, password } = await signUp(world, server.base, 'eve')
  const other = await client(server.base)('POST', '/api/v1/auth/login/', { username: name, password, device: 'Telephone' })
  const list = await ask('GET', '/api/v1/auth/sessions/')
  assert.equal(list.json.length, 2)
  assert.equal(list.text.includes(other.json.token), false)
  assert.equal(list.json.filter((one: { is_current: boolean }) => one.is_current).length, 1)
  const phone = list.json.find((one: { device: string }) => one.device === 'Telephone')
  const onPhone = client(server.base, `Token ${other.json.token}`)
  assert.equal((await onPhone('GET', '/api/v1/auth/session/')).json.authenticated, true)
  assert.equal((await ask('DELETE', `/api/v1/auth/sessions/${phone.id}/`)).status, 204)
  assert.deepEqual((await onPhone('GET', '/api/v1/auth/session/')).json, { authenticated: false })
  assert.equal((await onPhone('GET', '/api/v1/courses/')).status, 401)
  assert.equal((await ask('POST', '/api/v1/auth/logout/')).status, 204)
  assert.equal((await ask('GET', '/api/v1/auth/session/')).json.authenticated, false)
})

test('a session ends after a day without use, and after three days in any case', async () => {
  for (const [name, change] of [
    ['fay', "used_at = now() - interval '25 hours'"],
    ['gus', "created_at = now() - interval '73 hours'"],
  ] as const) {
    const { ask } = await signUp(world, server.base, name)
    assert.equal((await ask('GET', '/api/v1/auth/session/')).json.authenticated, true)
    await world.database.query(`update sessions set ${change} where user_id = (select id from users where username = $1)`, [name])
    assert.equal((await ask('GET', '/api/v1/auth/session/')).json.authenticated, false)
  }
  const { ask } = await signUp(world, server.base, 'hal')
  const of = '(select id from users where username = $1)'
  await world.database.query(`update sessions set used_at = now() - interval '23 hours' where user_id = ${of}`, ['hal'])
  assert.equal((await ask('GET', '/api/v1/auth/session/')).json.authenticated, true)
  const { rows } = await world.database.query(
    `select used_at > now() - interval '1 minute' as fresh from sessions where user_id = ${of}`,
    ['hal'],
  )
  assert.equal(rows[0].fresh, true, 'each use keeps it alive')
})

test('another password needs a code, ends all sessions and begins a new one', async () => {
  const { ask, email, name, password } = await signUp(world, server.base, 'ida')
  await ask('POST', '/api/v1/auth/send-identity-code/')
  const change = { code: await world.mailbox.code(email), new_password: 'a better password' }
  const changed = await ask('POST', '/api/v1/auth/change-password/', change)
  assert.equal(changed.status, 200)
  assert.equal((await ask('GET', '/api/v1/auth/session/')).json.authenticated, false)
  assert.equal((await client(server.base, `Token ${changed.json.token}`)('GET', '/api/v1/auth/sessions/')).json.length, 1)
  const anyone = client(server.base)
  assert.equal((await anyone('POST', '/api/v1/auth/login/', { username: name, password })).status, 400)
  assert.equal((await anyone('POST', '/api/v1/auth/login/', { username: name, password: 'a better password' })).status, 200)
})

test('a forgotten password is replaced by way of a mail, and nobody learns who has an account', async () => {
  const { email, name } = await signUp(world, server.base, 'jon')
  const anyone = client(server.base)
  const known = await anyone('POST', '/api/v1/auth/password-reset/', { email })
  const mails = world.mailbox.mails.length
  const unknown = await anyone('POST', '/api/v1/auth/password-reset/', { email: 'nobody@notes.example' })
  assert.deepEqual([unknown.status, unknown.text], [known.status, known.text])
  assert.equal(world.mailbox.mails.length, mails)
  const confirm = { email, code: await world.mailbox.code(email), new_password: 'one that I remember' }
  assert.equal((await anyone('POST', '/api/v1/auth/password-reset/confirm/', confirm)).status, 200)
  assert.equal((await anyone('POST', '/api/v1/auth/login/', { username: name, password: 'one that I remember' })).status, 200)
})

test('another address must be confirmed anew', async () => {
  const { ask, email } = await signUp(world, server.base, 'kim')
  await ask('POST', '/api/v1/auth/send-identity-code/')
  const change = { code: await world.mailbox.code(email), email: 'kim2@notes.example' }
  const { json } = await ask('POST', '/api/v1/auth/change-email/', change)
  assert.deepEqual([json.user.email, json.user.is_verified], ['kim2@notes.example', false])
  const confirm = { email: 'kim2@notes.example', code: await world.mailbox.code('kim2@notes.example') }
  assert.equal((await client(server.base)('POST', '/api/v1/auth/verify-email/', confirm)).status, 200)
})

test('an API key is shown once, kept as a digest, and the next one ends it', async () => {
  const { ask, name } = await signUp(world, server.base, 'lea')
  const first = (await ask('POST', '/api/v1/auth/rotate-api-key/')).json.api_key
  assert.match(first, /^ntc_[0-9a-f]{32}$/)
  const dump = await world.database.query('select * from users where username = $1', [name])
  assert.equal(JSON.stringify(dump.rows).includes(first), false)
  for (const scheme of ['Bearer', 'ApiKey']) {
    assert.equal((await client(server.base, `${scheme} ${first}`)('GET', '/api/v1/courses/')).status, 200)
  }
  const byKey = client(server.base, `Bearer ${first}`)
  assert.equal((await byKey('POST', '/api/v1/auth/rotate-api-key/')).status, 403)
  await ask('POST', '/api/v1/auth/rotate-api-key/')
  assert.equal((await byKey('GET', '/api/v1/courses/')).status, 401)
})

test('settings are kept, and what is not said stays', async () => {
  const { ask } = await signUp(world, server.base, 'mia')
  await ask('PATCH', '/api/v1/settings/', { theme: 'dark', size: 3 })
  assert.deepEqual((await ask('PATCH', '/api/v1/settings/', { size: 4 })).json, { theme: 'dark', size: 4 })
  assert.deepEqual((await ask('GET', '/api/v1/settings/')).json, { theme: 'dark', size: 4 })
  assert.equal((await ask('PATCH', '/api/v1/settings/', { nested: { a: 1 } })).status, 422)
})

/** The way of a browser: to the provider, back to the backend, and from there to the page. */
async function comeBack(name: 'google' | 'github'): Promise<{ code: string; state: string }> {
  const { json } = await client(server.base)('GET', '/api/v1/auth/oauth-config/')
  const offer = json.providers.find((each: { provider: string }) => each.provider === name)
  const there = await fetch(offer.url, { redirect: 'manual' })
  const back = there.headers.get('location') ?? ''
  assert.ok(back.startsWith(`${BACK}/auth/${name}/callback?`))
  const here = await client(server.base)('GET', back.slice(BACK.length))
  const page = here.headers.get('location') ?? ''
  assert.ok(page.startsWith('https://notes.example/Notechondria/portal/#/oauth?'), page)
  const query = new URLSearchParams(page.split('?')[1])
  assert.equal(query.get('state'), offer.state)
  return { code: query.get('code') ?? '', state: offer.state }
}

for (const [number, name] of (['google', 'github'] as const).entries()) {
  test(`${name}: sign in, again, bind, unlink`, async () => {
    const anyone = client(server.base)
    provider.state.person = { sub: `sub-${name}`, email: `nia-${name}@elsewhere.example`, id: 100 + number, login: 'nia' }
    const first = await anyone('POST', `/api/v1/auth/${name}/`, await comeBack(name))
    assert.equal(first.status, 200, first.text)
    const again = await anyone('POST', `/api/v1/auth/${name}/`, await comeBack(name))
    assert.equal(again.json.user.id, first.json.user.id)

    const theirs = client(server.base, `Token ${first.json.token}`)
    const last = await theirs('DELETE', `/api/v1/auth/social-accounts/${name}/`)
    assert.deepEqual([last.status, last.json.code], [400, 'last_way_in'])

    const { ask } = await signUp(world, server.base, `owner-${name}`)
    const bound = await ask('POST', `/api/v1/auth/bind/${name}/`, await comeBack(name))
    assert.deepEqual([bound.status, bound.json.code], [409, 'already_bound'])
    provider.state.person = { sub: 'other', email: 'other@elsewhere.example', id: 200 + number, login: 'other' }
    assert.equal((await ask('POST', `/api/v1/auth/bind/${name}/`, await comeBack(name))).status, 201)
    assert.equal((await anyone('POST', `/api/v1/auth/${name}/`, await comeBack(name))).json.user.username, `owner-${name}`)
    assert.deepEqual(
      (await ask('GET', '/api/v1/auth/social-accounts/')).json.map((each: { provider: string }) => each.provider),
      [name],
    )
    assert.equal((await ask('DELETE', `/api/v1/auth/social-accounts/${name}/`)).status, 204)
    assert.deepEqual((await ask('GET', '/api/v1/auth/social-accounts/')).json, [])
  })
}

test('a sign-in with a foreign state, a used code or a taken address is refused', async () => {
  const anyone = client(server.base)
  provider.state.person = { sub: 'odd', email: 'odd@elsewhere.example', id: 300, login: 'odd' }
  const { code, state } = await comeBack('google')
  const foreign = await anyone('POST', '/api/v1/auth/google/', { code, state: `${state}x` })
  assert.deepEqual([foreign.status, foreign.json.code], [400, 'wrong_state'])
  assert.equal((await anyone('POST', '/api/v1/auth/github/', { code, state })).json.code, 'wrong_state')
  assert.equal((await anyone('POST', '/api/v1/auth/google/', { code, state })).status, 200)
  assert.equal((await anyone('POST', '/api/v1/auth/google/', { code, state })).json.code, 'provider_failed')
  const { email } = await signUp(world, server.base, 'pat')
  provider.state.person = { sub: 'thief', email, id: 301, login: 'thief' }
  const taken = await anyone('POST', '/api/v1/auth/google/', await comeBack('google'))
  assert.deepEqual([taken.status, taken.json.code], [409, 'taken'])
  assert.equal((await client(server.base)('GET', '/auth/nobody/callback')).status, 404)
})
