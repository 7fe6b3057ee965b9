import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { type Client, type Instance, must, openWorld, signUp, start, type World } from './instance.ts'

let world: World
let server: Instance
let ada: Client
const api = '/api/v1'
const day = 86_400_000

before(async () => {
  world = await openWorld()
  await must(['migrate.js'], world.env)
  server = await start(world.env)
  ada = (await signUp(world, server.base, 'ada')).ask
})
after(() => world.close())

test('events are planned, done and deleted', async () => {
  const made = await ada('POST', `${api}/planner-events/`, { title: 'Exam', starts_at: '2026-04-02T09:00:00+02:00' })
  assert.deepEqual([made.status, made.json.starts_at], [201, '2026-04-02T07:00:00.000Z'])
  await ada('POST', `${api}/planner-events/`, {
    title: 'Before',
    starts_at: '2026-04-01T09:00:00Z',
    ends_at: '2026-04-01T10:00:00Z',
  })
  const done = await ada('PATCH', `${api}/planner-events/${made.json.id}/`, { is_completed: true })
  assert.equal(done.json.is_completed, true)
  const list = (await ada('GET', `${api}/planner-events/`)).json
  assert.deepEqual(
    list.map((event: { title: string; is_completed: boolean }) => [event.title, event.is_completed]),
    [
      ['Before', false],
      ['Exam', true],
    ],
  )
  assert.equal((await ada('GET', `${api}/planner-events/?offset=1`)).json.length, 1)
  assert.equal((await ada('GET', `${api}/planner-events/?offset=-1`)).status, 422)
  const cleared = await ada('PATCH', `${api}/planner-events/${list[0].id}/`, { ends_at: null })
  assert.equal(cleared.json.ends_at, null)
  assert.equal((await ada('DELETE', `${api}/planner-events/${made.json.id}/`)).status, 204)
  assert.equal((await ada('DELETE', `${api}/planner-events/${made.json.id}/`)).status, 404)
  assert.equal((await ada('POST', `${api}/planner-events/`, { title: 'When?', starts_at: 'tomorrow' })).status, 422)
  const { ask } = await signUp(world, server.base, 'bob')
  assert.equal((await ask('PATCH', `${api}/planner-events/${list[0].id}/`, { title: 'mine' })).status, 404)
})

test('a calendar of somebody else is read, with what comes again every week', async () => {
  const at = (from: number) => `${new Date(Date.now() + from).toISOString().replace(/[-:]|\.\d+/g, '')}`
  const calendar = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'BEGIN:VEVENT',
    'UID:1',
    'SUMMARY:Lecture',
    `DTSTART:${at(day)}`,
    `DTEND:${at(day + 3_600_000)}`,
    'RRULE:FREQ=WEEKLY;COUNT=3',
    'END:VEVENT',
    'BEGIN:VEVENT',
    'UID:2',
    'SUMMARY:Over',
    `DTSTART:${at(-9 * day)}`,
    `DTEND:${at(-8 * day)}`,
    'END:VEVENT',
    'END:VCALENDAR',
  ].join('\r\n')
  let body = calendar
  const other = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/feed.ics' }).end()
    else response.end(body)
  }).listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/moved`
  try {
    const feed = await ada('POST', `${api}/calendar-feeds/`, { name: 'University', url })
    assert.equal(feed.status, 201)
    const read = await ada('GET', `${api}/calendar-feeds/${feed.json.id}/`)
    assert.deepEqual(
      read.json.events.map((event: { title: string }) => event.title),
      ['Lecture', 'Lecture', 'Lecture'],
    )
    body = '<html>'
    assert.equal((await ada('GET', `${api}/calendar-feeds/${feed.json.id}/`)).json.code, 'feed_unreadable')
    assert.equal((await ada('DELETE', `${api}/calendar-feeds/${feed.json.id}/`)).status, 204)
    assert.deepEqual((await ada('GET', `${api}/calendar-feeds/`)).json, [])
  } finally {
    other.close()
  }
})

test('a link that Google Calendar gives becomes the address of its .ics', async () => {
  const cid = Buffer.from('team@group.calendar.google.com').toString('base64')
  const made = await ada('POST', `${api}/calendar-feeds/`, {
    name: 'Team',
    url: `https://calendar.google.com/calendar/u/0?cid=${cid}`,
  })
  assert.equal(made.json.url, 'https://calendar.google.com/calendar/ical/team%40group.calendar.google.com/public/basic.ics')
  assert.equal((await ada('POST', `${api}/calendar-feeds/`, { name: 'No', url: 'file:///etc/passwd' })).status, 422)
})

test('a feed does not lead into our own network', async () => {
  const { CALENDAR_ALLOW_PRIVATE: _, ...env } = world.env
  const careful = await start(env)
  const { ask } = await signUp(world, careful.base, 'carla')
  for (const url of ['http://127.0.0.1:1/x', 'http://localhost:1/x', 'http://[::1]:1/x', 'http://[::ffff:127.0.0.1]:1/x']) {
    const feed = (await ask('POST', `${api}/calendar-feeds/`, { name: 'inside', url })).json
    const read = await ask('GET', `${api}/calendar-feeds/${feed.id}/`)
    assert.equal(read.status, 502)
    assert.match(read.json.detail, /our own network/, url)
  }
})

test('what was done shows as activity, in the heatmap and in the week', async () => {
  const { ask } = await signUp(world, server.base, 'dora')
  const note = (await ask('POST', `${api}/notes/`, { title: 'Work' })).json
  await ask('POST', `${api}/planner-events/`, { title: 'Later', starts_at: '2026-04-02T09:00:00Z' })
  const week = (await ask('GET', `${api}/activity/week/`)).json
  assert.deepEqual(
    week.map(({ kind, what }: { kind: string; what: string }) => `${kind} ${what}`),
    ['event.created Later', 'note.created Work'],
  )
  await world.database.query("update activity set at = at - interval '8 days' where what = 'Work'")
  assert.equal((await ask('GET', `${api}/activity/week/`)).json.length, 1)
  assert.equal((await ask('GET', `${api}/activity/`)).json.length, 2)
  assert.equal((await ask('GET', `${api}/heatmap/`)).json.length, 2)
  const sitting = (await ask('POST', `${api}/note-sessions/`, { note_id: note.id })).json
  assert.notEqual((await ask('PATCH', `${api}/note-sessions/${sitting.id}/`)).json.ended_at, null)
  assert.equal((await ask('GET', `${api}/note-sessions/`)).json.length, 1)
})
