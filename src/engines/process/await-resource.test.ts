import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { EngineBench, errorOf, text } from '../../../test/process-engine.ts'
import { LandfallError } from '../../lib/error.ts'
import type { Step } from '../../model/plan.ts'
import type { ServerType } from '../../model/plug.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

/** A login is one line: `yes` or `no`, or nothing at all. */
const greeting: ServerType = {
  resolve: (version) => version,
  install: async () => {},
  login: async ({ port }, signal) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), signal })
    try {
      const [said] = (await once(socket, 'data')) as [Buffer]
      if (String(said) === 'no') throw new LandfallError({ code: 'E_CREDENTIALS', message: 'it said no' })
    } finally {
      socket.destroy()
    }
  },
}

async function listens(says: string | undefined, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    if (says) socket.write(says)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  return { server, port: (server.address() as AddressInfo).port }
}

function bench(): EngineBench {
  const made = new EngineBench({ servers: { greeting } })
  open.push(made)
  return made
}
const stepFor = (port: number, timeoutSeconds: number): Extract<Step, { type: 'await-resource' }> => ({
  type: 'await-resource',
  resource: 'db',
  server: 'greeting',
  values: { port: text(String(port)) },
  release: 'r1',
  timeoutSeconds,
})

test('it is waited for until a login works, and whoever waits is told for whom and why', async () => {
  const { server, port } = await listens('yes')
  server.close()
  await once(server, 'close')
  const it = bench()
  const say = (line: string) => {
    if (it.said.length === 0) void listens('yes', port)
    it.said.push(line)
  }
  await it.engine.steps['await-resource'](stepFor(port, 60), it.context({ say }))
  expect(it.said).toEqual([expect.stringMatching(/^waiting for db, for 0 s: .*ECONNREFUSED/)])
})

test('a server that takes the connection and is silent does not take it for ever', async () => {
  const { port } = await listens(undefined)
  const it = bench()
  const error = await errorOf(it.engine.steps['await-resource'](stepFor(port, 1), it.context()))
  expect(error).toMatchObject({ code: 'E_NEEDS', at: 'resources.db' })
  expect(error.message).toBe('db took no login within 1 s: no answer within 1 s')
})

test('a server that refuses the credentials will not take them later', async () => {
  const { port } = await listens('no')
  const it = bench()
  const error = await errorOf(it.engine.steps['await-resource'](stepFor(port, 300), it.context()))
  expect(error).toMatchObject({ code: 'E_NEEDS', message: 'db refuses these credentials: it said no' })
})

test('who cancels does not wait', async () => {
  const { port } = await listens(undefined)
  const it = bench()
  const ended = new AbortController()
  const waiting = errorOf(it.engine.steps['await-resource'](stepFor(port, 300), it.context({ signal: ended.signal })))
  ended.abort('cancel')
  expect((await waiting).code).toBe('E_CANCELLED')
})
