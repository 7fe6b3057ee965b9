import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Client, client, type Instance, must, openWorld, signUp, start, type World } from './instance.ts'

let world: World
let server: Instance
let ada: Client
let bob: Client
const api = '/api/v1'
const titles = (list: { title: string }[]) => list.map(({ title }) => title)

before(async () => {
  world = await openWorld()
  await must(['migrate.js'], world.env)
  server = await start(world.env)
  ada = (await signUp(world, server.base, 'ada')).ask
  bob = (await signUp(world, server.base, 'bob')).ask
})
after(() => world.close())

test('courses: made, ordered, changed, deleted without losing notes; the Inbox stays', async () => {
  const [a, b] = [
    await ada('POST', `${api}/courses/`, { title: 'Algebra' }),
    await ada('POST', `${api}/courses/`, { title: 'Biology' }),
  ]
  assert.equal(a.status, 201)
  const ordered = await ada('POST', `${api}/courses/reorder/`, { ids: [b.json.id, a.json.id] })
  assert.deepEqual(titles(ordered.json), ['Inbox', 'Biology', 'Algebra'])
  const changed = await ada('PATCH', `${api}/courses/${a.json.id}/`, { description: 'x and y' })
  assert.deepEqual([changed.json.title, changed.json.description], ['Algebra', 'x and y'])
  const note = await ada('POST', `${api}/notes/`, { title: 'Groups', course_id: a.json.id })
  assert.deepEqual(titles((await ada('GET', `${api}/courses/${a.json.id}/notes/`)).json), ['Groups'])
  assert.equal((await ada('DELETE', `${api}/courses/${a.json.id}/`)).status, 204)
  const [inbox] = (await ada('GET', `${api}/courses/`)).json
  assert.equal((await ada('GET', `${api}/notes/${note.json.id}/`)).json.course_id, inbox.id)
  const kept = await ada('DELETE', `${api}/courses/${inbox.id}/`)
  assert.deepEqual([kept.status, kept.json.code], [400, 'default_course'])
})

test('what is not public is only for its owner; what is can be read and subscribed to, not changed', async () => {
  const course = (await ada('POST', `${api}/courses/`, { title: 'Chemistry' })).json
  const note = (await ada('POST', `${api}/notes/`, { title: 'Acids', course_id: course.id, blocks: [{ text: 'sour' }] })).json
  for (const path of [
    `/courses/${course.id}/`,
    `/notes/${note.id}/`,
    `/notes/uuid/${note.uuid}/`,
    `/courses/${course.id}/notes/`,
  ]) {
    assert.equal((await bob('GET', api + path)).status, 404, path)
  }
  await ada('PATCH', `${api}/courses/${course.id}/`, { is_public: true })
  assert.equal((await client(server.base)('GET', `${api}/notes/${note.id}/`)).json.blocks[0].text, 'sour')
  assert.ok(titles((await client(server.base)('GET', `${api}/front-page/`)).json.courses).includes('Chemistry'))
  assert.equal((await bob('POST', `${api}/courses/${course.id}/subscribe/`)).json.is_subscribed, true)
  assert.deepEqual(titles((await bob('GET', `${api}/courses/`)).json), ['Inbox', 'Chemistry'])
  assert.equal((await bob('POST', `${api}/courses/${course.id}/open/`)).status, 200)
  const foreign: [string, string, unknown?][] = [
    ['PATCH', `/notes/${note.id}/`, { title: 'mine' }],
    ['DELETE', `/notes/${note.id}/`],
    ['POST', `/notes/${note.id}/blocks/`, { text: 'mine' }],
    ['PATCH', `/blocks/${note.blocks[0].id}/`, { text: 'mine' }],
    ['DELETE', `/blocks/${note.blocks[0].id}/`],
    ['POST', `/notes/${note.id}/snapshot/`],
    ['PATCH', `/courses/${course.id}/`, { title: 'mine' }],
    ['DELETE', `/courses/${course.id}/`],
    ['POST', '/notes/', { title: 'mine', course_id: course.id }],
  ]
  for (const [method, path, body] of foreign) assert.equal((await bob(method, api + path, body)).status, 404, `${method} ${path}`)
  assert.equal((await bob('DELETE', `${api}/courses/${course.id}/subscribe/`)).status, 204)
  assert.deepEqual(titles((await bob('GET', `${api}/courses/`)).json), ['Inbox'])
  assert.equal((await ada('POST', `${api}/courses/${course.id}/subscribe/`)).json.code, 'own_course')
})

test('blocks: added at the end, changed, put into another order, deleted', async () => {
  const note = (await ada('POST', `${api}/notes/`, { title: 'Plan' })).json
  const made = []
  for (const text of ['one', 'two', 'three']) made.push((await ada('POST', `${api}/notes/${note.id}/blocks/`, { text })).json)
  await ada('PATCH', `${api}/blocks/${made[1].id}/`, { kind: 'code' })
  const order = [made[2].id, made[0].id]
  const ordered = await ada('POST', `${api}/notes/${note.id}/reorder/`, { ids: order })
  assert.deepEqual(
    ordered.json.map((block: { text: string; kind: string }) => [block.text, block.kind]),
    [
      ['three', 'text'],
      ['one', 'text'],
      ['two', 'code'],
    ],
  )
  await ada('DELETE', `${api}/blocks/${made[0].id}/`)
  assert.equal((await ada('GET', `${api}/notes/${note.id}/blocks/`)).json.length, 2)
  assert.equal((await ada('POST', `${api}/notes/${note.id}/blocks/`, { kind: 'film' })).status, 422)
})

test('a version that was kept comes back, and what was there before is kept too', async () => {
  const note = (await ada('POST', `${api}/notes/`, { title: 'Draft', blocks: [{ text: 'first' }] })).json
  const kept = await ada('POST', `${api}/notes/${note.id}/snapshot/`)
  assert.deepEqual([kept.status, kept.json.number], [201, 1])
  await ada('PATCH', `${api}/blocks/${note.blocks[0].id}/`, { text: 'second' })
  await ada('PATCH', `${api}/notes/${note.id}/`, { title: 'Draft 2' })
  const back = await ada('POST', `${api}/notes/${note.id}/restore/1/`)
  assert.deepEqual([back.json.title, back.json.blocks[0].text], ['Draft', 'first'])
  const history = (await ada('GET', `${api}/notes/${note.id}/history/`)).json
  assert.deepEqual(titles(history), ['Draft 2', 'Draft'])
  const forth = await ada('POST', `${api}/notes/${note.id}/restore/2/`)
  assert.equal(forth.json.blocks[0].text, 'second')
  assert.equal((await ada('POST', `${api}/notes/${note.id}/restore/99/`)).status, 404)
})

test('the recycle bin gives back, or forgets for good with the files', async () => {
  const note = (await ada('POST', `${api}/notes/`, { title: 'Old' })).json
  const form = new FormData()
  form.set('file', new File(['bytes'], 'a b.txt', { type: 'text/plain' }))
  const file = (await ada('POST', `${api}/notes/${note.id}/attachments/`, form)).json
  const stored = () =>
    readdirSync(join(world.folder, 'media'), { recursive: true }).filter((name) => String(name).endsWith('a_b.txt'))
  assert.equal(stored().length, 1)
  await ada('DELETE', `${api}/notes/${note.id}/`)
  assert.equal((await ada('GET', `${api}/notes/${note.id}/`)).status, 404)
  assert.deepEqual(titles((await ada('GET', `${api}/notes/deleted/`)).json), ['Old'])
  assert.equal((await ada('POST', `${api}/notes/${note.id}/restore/`)).json.title, 'Old')
  assert.equal((await client(server.base)('GET', file.url)).text, 'bytes')
  await ada('DELETE', `${api}/notes/${note.id}/`)
  assert.equal((await ada('POST', `${api}/notes/deleted/empty/`)).status, 204)
  assert.deepEqual((await ada('GET', `${api}/notes/deleted/`)).json, [])
  assert.equal((await client(server.base)('GET', file.url)).status, 404)
  assert.equal(stored().length, 0)
})

test('attachments are kept outside of the release, and never become a page', async () => {
  const note = (await ada('POST', `${api}/notes/`, { title: 'With files' })).json
  const form = new FormData()
  form.set('file', new File(['<script>alert(1)</script>'], '../../evil.html', { type: 'text/html' }))
  const made = await ada('POST', `${api}/notes/${note.id}/attachments/`, form)
  assert.equal(made.status, 201)
  const got = await client(server.base)('GET', made.json.url)
  assert.equal(got.headers.get('content-disposition'), 'attachment')
  assert.match(got.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.equal(got.headers.get('x-content-type-options'), 'nosniff')
  assert.equal((await client(server.base)('GET', '/media/../static/admin/css/base.css')).status, 404)
  assert.equal((await client(server.base)('GET', '/media/..%2f..%2fetc%2fpasswd')).status, 404)
  const large = new FormData()
  large.set('file', new File([new Uint8Array(10 * 1024 * 1024 + 1)], 'large.bin'))
  assert.equal((await ada('POST', `${api}/notes/${note.id}/attachments/`, large)).status, 413)
  assert.equal((await ada('DELETE', `${api}/notes/${note.id}/attachments/${made.json.id}/`)).status, 204)
  assert.deepEqual((await ada('GET', `${api}/notes/${note.id}/attachments/`)).json, [])
})

test('search looks into titles and blocks, and takes signs as they are', async () => {
  await ada('POST', `${api}/notes/`, { title: 'Rates', blocks: [{ text: 'up by 100% this year' }] })
  await ada('POST', `${api}/notes/`, { title: 'Hundreds', blocks: [{ text: 'a 100 of them' }] })
  const search = async (words: string, who = ada) =>
    titles((await who('GET', `${api}/notes/search/?q=${encodeURIComponent(words)}`)).json)
  assert.deepEqual(await search('100%'), ['Rates'])
  assert.deepEqual(await search('RATES'), ['Rates'])
  assert.deepEqual(await search('100%', bob), [])
})

test('nonsense is answered with what is wrong', async () => {
  for (const [body, status] of [
    ['{', 400],
    [{}, 422],
    [{ title: ' ' }, 422],
    [{ title: 'x', course_id: 'y' }, 422],
    [{ title: 'x', course_id: 2_000_000_000 }, 404],
  ] as const) {
    assert.equal((await ada('POST', `${api}/notes/`, body)).status, status, JSON.stringify(body))
  }
  for (const id of ['0', '-1', 'x', '99999999999999']) assert.equal((await ada('GET', `${api}/notes/${id}/`)).status, 404, id)
  assert.equal((await ada('POST', `${api}/notes/`, { title: 'x', blocks: [{ text: 'y'.repeat(1_100_000) }] })).status, 413)
  assert.equal((await client(server.base)('GET', `${api}/notes/`)).status, 401)
})
