import { connect } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { aHome, callsIn, pause, play, serve, until } from '../../test/wire/home.ts'
import { call, handshake, watch } from './client.ts'
import { daemonPaths } from './paths.ts'
import { findDaemon } from './start.ts'

async function aDaemon(scenario = {}) {
  const home = aHome(scenario)
  const daemon = serve(home)
  await until(() => findDaemon(home))
  return { home, daemon }
}

/** Exactly these bytes over the socket, and what came back. */
function raw(home: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(daemonPaths(home).socket)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
    socket.end(text)
  })
}
const post = (home: string, path: string, body: string, method = 'POST') =>
  raw(
    home,
    `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

test('an op gets its input with defaults filled in, and answers', async () => {
  const { home } = await aDaemon({ ops: { runs: { answer: [{ run: 'run-1' }] } } })
  expect(await call(home, 'runs', {})).toEqual([{ run: 'run-1' }])
  expect(callsIn(home)[0]).toEqual({ name: 'runs', input: { limit: 20 } })
})

test('an error of an op arrives as it was thrown, whatever its status', async () => {
  const error = {
    code: 'E_LOCKED',
    message: 'run-3 is under way',
    at: 'run-3',
    detail: 'two\nlines',
    hint: '`landfall attach run-3`',
  }
  const { home } = await aDaemon({ ops: { ps: { error } } })
  await expect(call(home, 'ps', {})).rejects.toMatchObject(error)
  expect(await post(home, '/v1/ops/ps', '{}')).toMatch(/^HTTP\/1.1 409 /)
})

test.each([
  ['/v1/ops/ps', '{"folder":"/x","evil":1}', 422, 'E_UNKNOWN_KEY'],
  ['/v1/ops/ps', '{"__proto__":{"a":1}}', 422, 'E_UNKNOWN_KEY'],
  ['/v1/ops/resume', '{}', 422, 'E_INPUT'],
  ['/v1/ops/runs', '{"limit":1e9}', 422, 'E_INPUT'],
  ['/v1/ops/ps', '{', 422, 'E_SYNTAX'],
  ['/v1/ops/ps', '', 422, 'E_SYNTAX'],
  ['/v1/ops/plan', `{"config":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 422, 'E_DEPTH'],
  ['/v1/ops/ps', `"${'x'.repeat(9 * 1024 * 1024)}"`, 413, 'E_TOO_LARGE'],
  ['/v1/ops/constructor', '{}', 404, 'E_UNKNOWN_OP'],
  ['/v1/ops/ps/../ps', '{}', 404, 'E_UNKNOWN_OP'],
  ['/v1/streams/ps', '{}', 404, 'E_UNKNOWN_OP'],
  ['/', '{}', 404, 'E_UNKNOWN_OP'],
])('%s refuses wrong input before any op hears of it: %.40s', async (path, body, status, code) => {
  const { home } = await aDaemon()
  const answer = await post(home, path, body).catch(() => 'cut')
  // A body that is too large is not read to its end: the answer may be lost with the connection.
  const isCut = answer === 'cut' && code === 'E_TOO_LARGE'
  expect(isCut || answer).toSatisfy((a: unknown) => a === true || String(a).startsWith(`HTTP/1.1 ${status} `))
  expect(isCut || answer).toSatisfy((a: unknown) => a === true || String(a).includes(`"code":"${code}"`))
  expect(callsIn(home)).toEqual([])
  expect(({} as Record<string, unknown>).a).toBeUndefined()
})

test('other methods are refused with the one that is right', async () => {
  const { home } = await aDaemon()
  expect(await post(home, '/v1/ops/ps', '', 'GET')).toMatch(/405 [\s\S]*allow: POST/)
  expect(await post(home, '/v1/handshake', '{}', 'POST')).toMatch(/405 [\s\S]*allow: GET/)
})

test('an unforeseen error of one request is that request alone', async () => {
  const { home, daemon } = await aDaemon({ ops: { ps: { error: { code: 'E_INTERNAL', message: 'oops' } } } })
  await expect(call(home, 'ps', {})).rejects.toMatchObject({ code: 'E_INTERNAL' })
  expect(daemon.text()).toContain('oops')
  play(home, {})
  expect(await call(home, 'ps', {})).toEqual({})
})

test('a stream gives its lines and then its error', async () => {
  const { home } = await aDaemon({
    streams: { events: { lines: [{ seq: 1 }, { seq: 2 }], error: { code: 'E_RUN', message: 'no run-9' } } },
  })
  const seen: unknown[] = []
  const reading = (async () => {
    for await (const line of watch(home, 'events', { run: 'run-9' })) seen.push(line)
  })()
  await expect(reading).rejects.toMatchObject({ code: 'E_RUN', message: 'no run-9' })
  expect(seen).toEqual([{ seq: 1 }, { seq: 2 }])
})

test('a reader that pauses holds the stream back, and one that leaves ends it', async () => {
  const { home } = await aDaemon({ streams: { logs: { isEndless: true } } })
  const lines = watch(home, 'logs', { folder: '/x', follow: true })
  await lines.next()
  const sent = () => Math.max(0, ...callsIn(home).map((c) => c.sent ?? 0))
  // What the sockets and streams between them hold is filled, and then nothing moves.
  let before = -1
  while (sent() !== before) {
    before = sent()
    await pause(400)
  }
  expect(before).toBeGreaterThan(0)
  expect(before).toBeLessThan(20_000)
  await lines.return(undefined)
  await until(() => callsIn(home).some((c) => c.ended))
})

test('what follows the input of exec is its stdin, byte for byte', async () => {
  const { home } = await aDaemon({ streams: { exec: { echoes: true } } })
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256))
  const out: Buffer[] = []
  let code = -1
  for await (const line of watch(
    home,
    'exec',
    { folder: '/x', component: 'web', command: ['cat'] },
    { stdin: Readable.from([bytes]) },
  )) {
    if (line.type === 'exit') code = line.code
    else out.push(Buffer.from(line.base64, 'base64'))
  }
  expect(code).toBe(7)
  expect(Buffer.concat(out).equals(bytes)).toBe(true)
  expect(callsIn(home)[0]?.input).toMatchObject({ component: 'web', command: ['cat'], environment: 'local' })
})

test('a command whose stdin stays open answers as it goes', async () => {
  const { home } = await aDaemon({ streams: { exec: { echoes: true } } })
  const stdin = new PassThrough()
  const lines = watch(home, 'exec', { folder: '/x', component: 'web', command: ['cat'] }, { stdin })
  stdin.write('hello')
  const first = await lines.next()
  expect(first.value).toEqual({ type: 'stdout', base64: Buffer.from('hello').toString('base64') })
  stdin.end()
  expect((await lines.next()).value).toEqual({ type: 'exit', code: 7 })
})

test('while the daemon recovers it shakes hands, and ops wait', async () => {
  const home = aHome({ recoverMs: 700 })
  const daemon = serve(home)
  await until(() => findDaemon(home))
  expect(daemon.text()).not.toContain('recovered')
  await call(home, 'ps', {})
  expect(daemon.text()).toContain('recovered')
})

test('what is not Landfall at the socket is named so', async () => {
  const home = aHome()
  const { createServer } = await import('node:http')
  const { mkdirSync } = await import('node:fs')
  mkdirSync(daemonPaths(home).run)
  const server = createServer((_, response) => response.end('<html>hi</html>'))
  await new Promise<void>((resolve) => server.listen(daemonPaths(home).socket, resolve))
  await expect(handshake(home)).rejects.toMatchObject({ code: 'E_SERVER_VERSION', detail: '<html>hi</html>' })
  server.close()
})
