import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import { type Instance, run, scratchSchema, start, stopAll } from './instance.ts'

let schema: Awaited<ReturnType<typeof scratchSchema>>
let env: Record<string, string>
let app: Instance
before(async () => {
  schema = await scratchSchema()
  env = { CLOUDRON_POSTGRESQL_URL: schema.url }
  assert.equal((await run(['migrate.js'], env)).code, 0)
  app = await start(env)
})
after(async () => {
  stopAll()
  await schema.drop()
})

const publish = (base: string, rule: unknown) => fetch(`${base}/api/rules`, { method: 'POST', body: JSON.stringify(rule) })
const garden = { title: 'Maple Street <Garden>', summary: 'Forty neighbors.', sections: { decisions: 'By consent.\n\n- one' } }

test('healthy means that the database answered; one that does not is 503', async () => {
  const well = await fetch(`${app.base}/api/health`)
  assert.deepEqual([well.status, await well.json()], [200, { ok: true, database: 'connected' }])
  const lost = await start({ CLOUDRON_POSTGRESQL_URL: 'postgres://nobody@127.0.0.1:1/none' })
  const ill = await fetch(`${lost.base}/api/health`)
  assert.deepEqual([ill.status, await ill.json()], [503, { ok: false, database: 'error' }])
  assert.equal((await fetch(`${lost.base}/rules`)).status, 503)
})

test('templates are there once seeded, and answers rank them', async () => {
  assert.deepEqual(await (await fetch(`${app.base}/api/templates`)).json(), { templates: [] })
  assert.equal((await run(['seed.js'], env)).code, 0)
  const { templates } = await (await fetch(`${app.base}/api/templates?facet.size=few&facet.orgType=openSource`)).json()
  assert.equal(templates.length, 13)
  assert.deepEqual(templates[0].matches, { score: 2, facets: ['size:few', 'orgType:openSource'] })
  assert.match(await (await fetch(`${app.base}/templates?facet.size=few`)).text(), /class="tag">Recommended/)
  assert.equal((await fetch(`${app.base}/api/templates/consensus`)).status, 200)
  assert.equal((await fetch(`${app.base}/api/templates/monarchy`)).status, 404)
})

test('a published rule has a page, by address and by id, is listed, and its markup stays text', async () => {
  const created = await publish(app.base, garden)
  assert.equal(created.status, 201)
  const { rule } = await created.json()
  assert.equal(created.headers.get('location'), '/rules/maple-street-garden')
  for (const key of [rule.slug, rule.id]) {
    const page = await fetch(`${app.base}/rules/${key}`)
    assert.equal(page.status, 200)
    const text = await page.text()
    assert.ok(text.includes('<h1>Maple Street &lt;Garden&gt;</h1>') && text.includes('<li>one</li>'))
  }
  assert.match(await (await fetch(`${app.base}/rules/${rule.slug}/markdown`)).text(), /^# Maple Street <Garden>\n/)
  const { rules } = await (await fetch(`${app.base}/api/rules`)).json()
  assert.ok(rules.some(({ id }: { id: string }) => id === rule.id))
  assert.ok((await (await fetch(app.base)).text()).includes('/rules/maple-street-garden'))
})

test('the same name twice gets two addresses', async () => {
  const slugs = await Promise.all([1, 2, 3].map(async () => (await (await publish(app.base, garden)).json()).rule.slug))
  assert.equal(new Set([...slugs, 'maple-street-garden']).size, 4)
})

test('a wrong rule names its fields; no rule has no page; a page of the list needs an id', async () => {
  const wrong = await publish(app.base, { title: 'x' })
  assert.equal(wrong.status, 422)
  assert.deepEqual(Object.keys((await wrong.json()).fields).sort(), ['sections', 'title'])
  assert.equal((await publish(app.base, { ...garden, summary: 'x'.repeat(70_000) })).status, 413)
  assert.equal((await fetch(`${app.base}/rules/nowhere`)).status, 404)
  assert.equal((await fetch(`${app.base}/rules/%F0%9F%8C%B1`)).status, 404)
  assert.equal((await fetch(`${app.base}/api/rules?before=1`)).status, 400)
})

test('older rules come page by page, each one once, also those of the same moment', async () => {
  await Promise.all(Array.from({ length: 60 }, (_, at) => publish(app.base, { ...garden, title: `Many ${at}` })))
  // All at the same moment: the time alone does not tell where a page ended.
  await schema.client.query('update rules set published_at = now()')
  const seen: string[] = []
  for (let before = ''; ; before = `?before=${seen.at(-1)}`) {
    const { rules } = await (await fetch(`${app.base}/api/rules${before}`)).json()
    if (rules.length === 0) break
    seen.push(...rules.map(({ id }: { id: string }) => id))
  }
  const { rows } = await schema.client.query('select count(*)::int as count from rules')
  assert.equal(new Set(seen).size, rows[0].count)
  assert.equal(seen.length, rows[0].count)
})

test('a draft is kept for its browser, and becomes one rule however often it is sent', async () => {
  const form = (fields: Record<string, string>, cookie?: string, path = '/create/edit') =>
    fetch(app.base + path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      redirect: 'manual',
      headers: cookie ? { cookie } : {},
    })
  const started = await form({ template: 'consensus' }, undefined, '/create')
  assert.equal(started.headers.get('location'), '/create/edit')
  const set = started.headers.get('set-cookie') ?? ''
  assert.match(set, /HttpOnly; SameSite=Lax/)
  const cookie = set.split(';')[0]!

  const saved = await form({ intent: 'save', title: 'Seed <Library>', 'sections.values': 'Share.' }, cookie)
  assert.equal(saved.headers.get('location'), '/create/edit?saved')
  const page = await (await fetch(`${app.base}/create/edit`, { headers: { cookie } })).text()
  assert.ok(page.includes('value="Seed &lt;Library&gt;"') && page.includes('You started from Consensus'))
  const put = await fetch(`${app.base}/api/drafts/me`, {
    method: 'PUT',
    headers: { cookie },
    body: JSON.stringify({ title: 'Seed Library', sections: { values: 'Share more.' } }),
  })
  assert.equal((await put.json()).draft.content.sections.values, 'Share more.')

  const nobody = await (await fetch(`${app.base}/api/drafts/me`)).json()
  const forged = await (
    await fetch(`${app.base}/api/drafts/me`, { headers: { cookie: cookie.replace(/.{6}$/, 'AAAA%3D') } })
  ).json()
  assert.deepEqual([nobody.draft, forged.draft], [null, null])

  const wrong = await form({ intent: 'publish', title: '', 'sections.values': 'x' }, cookie)
  assert.equal(wrong.status, 422)
  assert.match(await wrong.text(), /role="alert"/)
  const fields = { intent: 'publish', title: 'Seed Library', 'sections.values': 'Share.' }
  const sent = await Promise.all([form(fields, cookie), form(fields, cookie), form(fields, cookie)])
  assert.ok(sent.every(({ status }) => status === 303))
  const { rows } = await schema.client.query("select template from rules where title = 'Seed Library'")
  assert.deepEqual(rows, [{ template: 'consensus' }])
})

test('with another secret drafts are out of reach, and with a short one they are the server’s fault', async () => {
  const started = await fetch(`${app.base}/create`, { method: 'POST', body: new URLSearchParams(), redirect: 'manual' })
  const cookie = started.headers.get('set-cookie')!.split(';')[0]!
  const read = async (base: string) => (await fetch(`${base}/api/drafts/me`, { headers: { cookie } })).json()
  assert.ok((await read(app.base)).draft)
  const rotated = await start({ ...env, SESSION_SECRET: 'quite another secret' })
  assert.equal((await read(rotated.base)).draft, null)
  const short = await start({ ...env, SESSION_SECRET: 'short' })
  assert.equal((await read(short.base)).error, 'server_misconfigured')
  assert.equal((await fetch(`${short.base}/api/rules`)).status, 200)
})

test('a socket hears of what any instance publishes, and is sent away when its instance stops', async () => {
  const other = await start({ ...env, LANDFALL_RELEASE: 'r8' })
  const socket = new WebSocket(`${other.base.replace('http', 'ws')}/api/live`)
  const heard: { type: string; rules: number; release?: string; rule?: { title: string } }[] = []
  socket.on('message', (data) => heard.push(JSON.parse(String(data))))
  const until = async (isThere: () => boolean) => {
    while (!isThere()) await once(socket, 'message')
  }
  // The second greeting comes when the instance listens to the database.
  await until(() => heard.length >= 2)
  assert.equal(heard[0]?.release, 'r8')
  await publish(app.base, { ...garden, title: 'Tool Library' })
  await until(() => heard.some(({ rule }) => rule?.title === 'Tool Library'))
  assert.equal(heard.at(-1)?.rules, heard[1]!.rules + 1)
  other.child.kill('SIGTERM')
  const [code] = await once(socket, 'close')
  assert.equal(code, 1012)
  assert.equal(await other.exited, 0)
})

test('told to stop, it finishes what is in hand, takes nothing new, and ends with 0', async () => {
  const instance = await start(env)
  const slow = fetch(`${instance.base}/api/slow?ms=600`)
  // Nothing says when the other side has the request; a second answer after it does.
  await fetch(`${instance.base}/api/slow?ms=100`)
  instance.child.kill('SIGTERM')
  const answer = await slow
  assert.equal(answer.status, 200)
  assert.deepEqual(await answer.json(), { ms: 600, release: null })
  assert.equal(await instance.exited, 0)
  await assert.rejects(fetch(`${instance.base}/api/health`))
})
