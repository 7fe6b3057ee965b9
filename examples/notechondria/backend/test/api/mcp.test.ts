import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Client, client, type Instance, must, openWorld, signUp, start, type World } from './instance.ts'

const DOCUMENTED = `list_courses get_course list_notes get_note search_notes create_note update_note delete_note restore_note
  create_course update_course delete_course list_blocks create_block update_block delete_block reorder_blocks
  list_planner_events create_planner_event complete_planner_event whoami`
  .split(/\s+/)
  .sort()

let world: World
let server: Instance
let assistant: Client
let person: Client

before(async () => {
  world = await openWorld()
  await must(['migrate.js'], world.env)
  server = await start(world.env)
  person = (await signUp(world, server.base, 'ada')).ask
  const key = (await person('POST', '/api/v1/auth/rotate-api-key/')).json.api_key
  assistant = client(server.base, `Bearer ${key}`)
})
after(() => world.close())

const rpc = (method: string, params?: unknown, id: number | undefined = 1) => ({ jsonrpc: '2.0', id, method, params })
async function use(name: string, input: unknown = {}) {
  const { json } = await assistant('POST', '/mcp/', rpc('tools/call', { name, arguments: input }))
  assert.equal(json.error, undefined, JSON.stringify(json.error))
  const text = json.result.content[0].text as string
  return json.result.isError ? { error: text } : JSON.parse(text)
}

test('without a key it is 401, also with the token of a session', async () => {
  const list = rpc('tools/list')
  assert.equal((await client(server.base)('POST', '/mcp/', list)).status, 401)
  assert.equal((await client(server.base, `Bearer ntc_${'0'.repeat(32)}`)('POST', '/mcp/', list)).status, 401)
  assert.equal((await person('POST', '/mcp/', list)).status, 401)
  assert.equal((await assistant('POST', '/mcp/', list)).status, 200)
})

test('what is wrong with a request is answered as documented', async () => {
  assert.equal((await client(server.base)('GET', '/mcp/')).status, 405)
  assert.equal((await client(server.base)('DELETE', '/mcp/')).status, 200)
  assert.equal((await assistant('POST', '/mcp/', 'x', { 'content-type': 'text/plain' })).status, 415)
  const broken = await assistant('POST', '/mcp/', '{')
  assert.deepEqual([broken.status, broken.json.error.code], [400, -32700])
  assert.equal((await assistant('POST', '/mcp/', rpc('resources/list'))).json.error.code, -32601)
  assert.equal((await assistant('POST', '/mcp/', { method: 'ping', id: 1 })).json.error.code, -32600)
  assert.equal((await assistant('POST', '/mcp/', rpc('tools/call', { name: 'rm' }))).json.error.code, -32602)
  assert.equal(
    (await assistant('POST', '/mcp/', rpc('tools/call', { name: 'get_note', arguments: { note_id: 'x' } }))).json.error.code,
    -32602,
  )
  assert.equal(
    (await assistant('POST', '/mcp/', rpc('tools/call', { name: 'whoami', arguments: { more: 1 } }))).json.error.code,
    -32602,
  )
})

test('the session id is echoed, notifications have no answer, several messages have several', async () => {
  const begun = await assistant('POST', '/mcp/', rpc('initialize', { protocolVersion: '2025-03-26' }), {
    'mcp-session-id': 'abc',
  })
  assert.equal(begun.headers.get('mcp-session-id'), 'abc')
  assert.deepEqual([begun.json.result.protocolVersion, begun.json.result.serverInfo.name], ['2025-03-26', 'notechondria-mcp'])
  const note = await assistant('POST', '/mcp/', { jsonrpc: '2.0', method: 'notifications/initialized' })
  assert.deepEqual([note.status, note.text], [202, ''])
  const both = await assistant('POST', '/mcp/', [
    rpc('ping', undefined, 7),
    { jsonrpc: '2.0', method: 'notifications/x' },
    rpc('no', undefined, 8),
  ])
  assert.deepEqual(
    both.json.map(({ id, error }: { id: number; error?: { code: number } }) => [id, error?.code]),
    [
      [7, undefined],
      [8, -32601],
    ],
  )
})

test('there are the twenty-one documented tools, each with a schema', async () => {
  const { tools } = (await assistant('POST', '/mcp/', rpc('tools/list'))).json.result
  assert.deepEqual(tools.map((tool: { name: string }) => tool.name).sort(), DOCUMENTED)
  assert.equal(tools.length, 21)
  for (const tool of tools) assert.equal(tool.inputSchema.type, 'object', tool.name)
})

test('each tool does what its name says, with the rights of its key', async () => {
  const course = await use('create_course', { title: 'Physics' })
  assert.equal((await use('update_course', { course_id: course.id, description: 'of waves' })).description, 'of waves')
  assert.equal((await use('get_course', { course_id: course.id })).title, 'Physics')
  assert.equal((await use('list_courses')).length, 2)

  const note = await use('create_note', { title: 'Light', course_id: course.id })
  const [a, b] = [
    await use('create_block', { note_id: note.id, text: 'wave' }),
    await use('create_block', { note_id: note.id, text: 'particle' }),
  ]
  await use('update_block', { block_id: a.id, kind: 'quote' })
  assert.deepEqual(
    (await use('reorder_blocks', { note_id: note.id, ids: [b.id, a.id] })).map((block: { kind: string }) => block.kind),
    ['text', 'quote'],
  )
  await use('delete_block', { block_id: b.id })
  assert.equal((await use('list_blocks', { note_id: note.id })).length, 1)
  assert.equal((await use('update_note', { note_id: note.id, title: 'Of light' })).title, 'Of light')
  assert.equal((await use('search_notes', { query: 'wave' }))[0].id, note.id)
  assert.equal((await use('list_notes', { course_id: course.id })).length, 1)
  await use('delete_note', { note_id: note.id })
  assert.match((await use('get_note', { note_id: note.id })).error, /^not_found/)
  assert.equal((await use('restore_note', { note_id: note.id })).title, 'Of light')
  await use('delete_course', { course_id: course.id })
  assert.equal((await use('get_note', { note_id: note.id })).title, 'Of light')

  const event = await use('create_planner_event', { title: 'Lab', starts_at: '2026-04-01T09:00:00Z' })
  assert.equal((await use('complete_planner_event', { event_id: event.id })).is_completed, true)
  assert.equal((await use('list_planner_events')).length, 1)
  assert.equal((await use('whoami')).username, 'ada')

  const { ask } = await signUp(world, server.base, 'bob')
  const foreign = (await ask('POST', '/api/v1/notes/', { title: 'Private' })).json
  assert.match((await use('get_note', { note_id: foreign.id })).error, /^not_found/)
})
