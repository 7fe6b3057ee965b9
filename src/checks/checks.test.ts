// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import type { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { AnswerExpectation, Check, CheckStep, HttpStep, MailStep } from '../model/app.ts'
import type { EdgeAnswer, EdgeRequest } from '../model/plug.ts'
import { CookieJar } from './cookies.ts'
import type { CapturedMail, CheckDeps } from './deps.ts'
import { throwOnFailure } from './result.ts'
import { runChecks } from './run-checks.ts'

const shop = { app: 'shop', environment: 'local' }
const mail = { name: 'mail', type: 'mail', options: {} }

/** An app behind an edge, as a function; what was asked of it is on record. */
class App {
  asked: EdgeRequest[] = []
  mails: CapturedMail[] = []
  signed: Record<string, { by: string; at: number }> = {}
  hasRelay = false
  private readonly answer: (request: EdgeRequest) => Partial<EdgeAnswer>

  constructor(answer: (request: EdgeRequest) => Partial<EdgeAnswer>) {
    this.answer = answer
  }

  get deps(): CheckDeps {
    return {
      edge: {
        ask: async (_scope, request) => {
          this.asked.push(request)
          return { status: 200, headers: {}, body: '', ms: 1, ...this.answer(request) }
        },
        url: async (_scope, host) => `http://localhost:${host === 'shop.example' ? 18001 : 18002}`,
        dial: (): Promise<Duplex> => Promise.reject(new Error('there are no sockets here')),
      },
      mailbox: () =>
        this.hasRelay
          ? undefined
          : {
              list: async ({ after = 0 }) => this.mails.filter((m) => m.id > after).reverse(),
              show: async (id) => this.mails.find((m) => m.id === id)!,
            },
      database: () => Promise.reject(new Error('there is no database')),
      signature: (_scope, check, release) => this.signed[`${check} ${release}`],
    }
  }

  async run(checks: Check[], occasion?: 'release' | 'schedule') {
    const routes = [{ host: 'shop.example' }, { host: 'api.shop.example' }]
    return runChecks(this.deps, shop, checks, {
      isStaged: true,
      routes,
      resources: [mail],
      release: 'r1',
      ...(occasion && { occasion }),
    })
  }

  async because(...steps: CheckStep[]): Promise<string | undefined> {
    return (await this.run([{ name: 'it', on: ['release'], steps }]))[0]?.because
  }
}

const http = (
  path: string,
  over: Partial<Omit<HttpStep, 'expect'>> & { expect?: Partial<AnswerExpectation> } = {},
): HttpStep => ({
  type: 'http',
  method: 'GET',
  path,
  headers: {},
  redirects: 0,
  capture: [],
  ...over,
  expect: { status: 200, ...over.expect },
})
const mailStep = (over: Partial<MailStep> = {}): MailStep => ({
  type: 'mail',
  resource: 'mail',
  to: 'ann@example.com',
  withinSeconds: 0,
  capture: [],
  ...over,
})
const letter = (links: string[], id = 1): CapturedMail => ({ id, subject: 'Sign in', text: 'hello', html: '', links })

describe('redirects', () => {
  const app = new App(({ path, host }) => {
    if (path === '/away') return { status: 302, headers: { location: 'https://elsewhere.example/' } }
    if (path === '/api') return { status: 302, headers: { location: 'http://localhost:18002/deep?a=1' } }
    if (path === '/posted') return { status: 303, headers: { location: '/done' } }
    if (path === '/kept') return { status: 308, headers: { location: 'done' } }
    return { body: `${host}${path}` }
  })

  test('are followed to every host of the app, and no further', async () => {
    expect(await app.because(http('/api', { redirects: 1, expect: { text: 'api.shop.example/deep?a=1' } }))).toBeUndefined()
    expect(await app.because(http('/api'))).toMatch(/^status 302 to http:\/\/localhost:18002\/deep\?a=1, expected 200/)
    expect(await app.because(http('/away', { redirects: 5 }))).toMatch(/^status 302 to https:\/\/elsewhere\.example\//)
  })

  test('turn a POST into a GET but for 307 and 308, and keep a body only there', async () => {
    app.asked = []
    await app.because(http('/posted', { method: 'POST', body: { a: 1 }, redirects: 1 }))
    await app.because(http('/kept', { method: 'POST', body: { a: 1 }, redirects: 1 }))
    expect(app.asked.map((r) => [r.method, r.path, r.body])).toEqual([
      ['POST', '/posted', '{"a":1}'],
      ['GET', '/done', undefined],
      ['POST', '/kept', '{"a":1}'],
      ['POST', '/done', '{"a":1}'],
    ])
    expect(app.asked[1]?.headers).not.toHaveProperty('content-type')
  })

  test('lead where they must: a path on the same host, or a whole address', async () => {
    const to = (location: string): HttpStep => http('/posted', { expect: { status: 'redirect', location } })
    expect(await app.because(to('/done'))).toBeUndefined()
    expect(await app.because(to('/other'))).toBe('location is /done, expected /other')
    expect(await app.because(http('/away', { expect: { status: 'redirect', location: '/' } }))).toMatch(/^location is https/)
    expect(await app.because(http('/x', { expect: { status: 'redirect', location: '/' } }))).toMatch(/expected a redirect/)
  })
})

describe('several steps', () => {
  test('share cookies and captured values, and the first that fails is the last', async () => {
    const app = new App(({ path, headers, body }) => {
      if (path === '/login')
        return {
          headers: { 'set-cookie': 'a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT\nb=2', 'x-id': '7' },
          body: '{"user":{"tokens":["t0","t1"]}}',
        }
      return { body: JSON.stringify({ cookie: headers.cookie, path, sent: body && JSON.parse(body) }) }
    })
    const login = http('/login', {
      capture: [
        { name: 'token', from: 'json', of: 'user.tokens[1]' },
        { name: 'id', from: 'header', of: 'X-Id' },
        { name: 'b', from: 'cookie', of: 'b' },
        { name: 'first', from: 'text', of: '"(t\\d)"' },
      ],
    })
    const second = http('/me/${id}', {
      method: 'POST',
      body: { list: ['${token}', '$${token}'] },
      expect: { json: { cookie: 'a=1; b=2', path: '/me/7', sent: { list: ['t1', '$${token}'] } } },
    })
    expect(await app.because(login, second)).toBeUndefined()
    const [result] = await app.run([
      { name: 'it', on: [], steps: [login, http('/x', { expect: { text: '${b}${first}!' } }), http('/never')] },
    ])
    expect(result).toMatchObject({ state: 'failed', request: 'GET /x' })
    expect(result?.because).toMatch(/^step 2: the body lacks "2t0!"/)
    expect(app.asked.map((r) => r.path)).not.toContain('/never')
  })

  test('what cannot be captured is a failure that names it, and a captured value stands in no result', async () => {
    const app = new App(() => ({ body: '{"token":"canary-1"}' }))
    const take = http('/', { capture: [{ name: 'token', from: 'json', of: 'tokens.first' }] })
    expect(await app.because(take)).toBe('nothing to capture as ${token}: json.tokens.first is not there')
    const taken = http('/', { capture: [{ name: 'token', from: 'json', of: 'token' }] })
    const [result] = await app.run([{ name: 'it', on: [], steps: [taken, http('/verify?token=${token}')] }])
    expect(JSON.stringify(result)).not.toContain('canary')
    const said = await app.because(taken, http('/', { expect: { text: 'bearer ${token}' } }))
    expect(said).toBe('step 2: the body lacks "bearer ${token}": {"token":"${token}"}')
  })
})

test('what is asked of JSON: subsets, anything, expressions', async () => {
  const app = new App(() => ({ body: '{"id":"ab12","at":null,"list":[{"a":1,"b":2}]}' }))
  const json = (expected: unknown) => app.because(http('/', { expect: { json: expected } }))
  expect(await json({ id: { matches: '^[a-f0-9]+$' }, at: '<any>', list: [{ a: 1 }] })).toBeUndefined()
  expect(await json({ id: { matches: '^x' } })).toBe('$.id is "ab12", expected a text that matches ^x')
  expect(await json({ gone: '<any>' })).toBe('$.gone is missing')
})

describe('mail', () => {
  test('only what came since the check began counts, and its link is followed once, on the host that it means', async () => {
    const app = new App(({ path }) => {
      if (path === '/send') app.mails.push(letter(['http://localhost:18002/verify?token=t'], 2))
      return {}
    })
    app.mails.push(letter(['http://localhost:18001/old'], 1))
    const steps = [http('/send'), mailStep({ linkHost: 'localhost:18002', follow: { redirects: 0, expect: { status: 'ok' } } })]
    expect(await app.because(...steps)).toBeUndefined()
    expect(app.asked.map((r) => `${r.isStaged} ${r.host}${r.path}`)).toEqual([
      'true shop.example/send',
      'true api.shop.example/verify?token=t',
    ])
    expect(await app.because(mailStep())).toBe('no such mail arrived within 0 s')
  })

  test.each([
    ['https://shop.example.evil.example/x', 'its link leads to shop.example.evil.example, expected localhost:18001'],
    ['http://localhost:18009/x', 'its link leads to localhost:18009, expected localhost:18001'],
  ])('a link to %s is not one to the app', async (link, because) => {
    const app = new App(() => ({}))
    const arrive = http('/send')
    const sending = new App(({ path }) => {
      if (path === '/send') sending.mails.push(letter([link], 5))
      return {}
    })
    expect(
      await sending.because(arrive, mailStep({ linkHost: '${host}', follow: { redirects: 0, expect: { status: 'ok' } } })),
    ).toBe(`step 2: ${because}`)
    expect(sending.asked).toHaveLength(1)
    expect(app.asked).toEqual([])
  })

  test('with a relay nothing is sent and nothing has passed', async () => {
    const app = new App(() => ({}))
    app.hasRelay = true
    const [result] = await app.run([{ name: 'it', on: ['release'], steps: [http('/send'), mailStep()] }])
    expect(result).toMatchObject({ state: 'not-run', isPassed: false, because: expect.stringContaining('relay') })
    expect(app.asked).toEqual([])
    expect(() => throwOnFailure([result!], 'r1')).not.toThrow()
  })
})

test('a manual check is passed for the release that was signed, and a gate that wants it says who has to look at what', async () => {
  const app = new App(() => ({}))
  const check: Check = { name: 'layout', on: [], steps: [{ type: 'manual', look: 'the front page' }] }
  const [open] = await app.run([check])
  expect(open).toMatchObject({ state: 'unsigned', isPassed: false, because: 'the front page' })
  expect(() => throwOnFailure([open!], 'r1')).not.toThrow()
  expect(() => throwOnFailure([open!], 'r1', { wantsSigned: true })).toThrow(
    expect.objectContaining({ code: 'E_UNSIGNED', hint: "landfall smoke --sign 'layout'" }),
  )
  app.signed = { 'layout r0': { by: 'Ann', at: 1 } }
  expect((await app.run([check]))[0]?.state).toBe('unsigned')
  app.signed = { 'layout r1': { by: 'Ann', at: 1 } }
  expect((await app.run([check]))[0]).toMatchObject({ state: 'passed', signed: { by: 'Ann', release: 'r1' } })
})

test('each occasion asks its own checks, and a check that cannot be asked keeps no other from being asked', async () => {
  const app = new App(({ path }) => {
    if (path === '/broken') throw new Error('the edge is gone')
    return {}
  })
  const checks: Check[] = [
    { name: 'a', on: ['release', 'schedule'], steps: [http('/broken')] },
    { name: 'b', on: ['release'], steps: [http('/b')] },
    { name: 'c', on: ['restore'], steps: [http('/c')] },
  ]
  expect((await app.run(checks, 'release')).map((r) => [r.name, r.state, r.because])).toEqual([
    ['a', 'failed', 'the edge is gone'],
    ['b', 'passed', undefined],
  ])
  expect((await app.run(checks, 'schedule')).map((r) => r.name)).toEqual(['a'])
  expect(await app.run(checks)).toHaveLength(3)
})

test('cookies go to the host that set them, to hosts below where that was meant, and end when they are over', () => {
  const jar = new CookieJar()
  jar.take('shop.example', 'a=1; Path=/; Secure\nb=2; Domain=.shop.example\nno-value\nc=x=y; Domain=evil.example')
  expect(jar.header('shop.example')).toBe('a=1; b=2; c=x=y')
  expect(jar.header('api.shop.example')).toBe('b=2')
  expect(jar.header('evil.example')).toBeUndefined()
  jar.take('shop.example', 'a=; Max-Age=0\nb=; Domain=shop.example; Expires=Thu, 01 Jan 1970 00:00:00 GMT')
  expect(jar.header('shop.example')).toBe('c=x=y')
})
