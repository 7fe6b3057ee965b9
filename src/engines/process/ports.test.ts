import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addressPort, freePort, isPortFree } from './ports.ts'
import { holderOf, listListeners } from './sockets.ts'

const shop = { app: 'shop', environment: 'local' }
function listen(host: string, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    onTestFinished(() => void server.close())
    server.once('error', reject)
    server.listen(port, host, () => {
      const at = server.address()
      resolve(typeof at === 'object' && at ? at.port : 0)
    })
  })
}

test.each(['127.0.0.1', '0.0.0.0', '::1', '::'])(
  'a port that somebody has on %s is not free, and the holder is known',
  async (host) => {
    const port = await listen(host)
    expect(await isPortFree(port)).toBe(false)
    expect(holderOf(port)).toMatchObject({ listener: { host, port }, row: { pid: process.pid } })
    expect(listListeners().some((l) => l.port === port && l.host === host)).toBe(true)
  },
)

test('ports lie outside the range of outgoing connections, and two that are asked for at once differ', async () => {
  const ports = await Promise.all([1, 2, 3, 4].map(() => freePort('/home/x', new Set())))
  expect(new Set(ports).size).toBe(4)
  for (const port of ports) expect(port >= 20_000 && port <= 29_999).toBe(true)
})

test('the port that is wished for is given, unless somebody has it', async () => {
  const wish = await freePort('/home/y', new Set())
  expect(await freePort('/home/y', new Set(), wish)).toBe(wish)
  expect(await freePort('/home/y', new Set([wish]), wish)).not.toBe(wish)
  await listen('127.0.0.1', wish)
  expect(await freePort('/home/y', new Set(), wish)).not.toBe(wish)
})

test('an address is remembered, and asked for twice at once it is one', async () => {
  const home = mkdtempSync(join(tmpdir(), 'landfall-ports-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const file = join(home, 'engine/addresses.json')
  const [a, b, other] = await Promise.all(['db', 'db', 'cache'].map((c) => addressPort(home, file, shop, c)))
  expect(a).toBe(b)
  expect(other).not.toBe(a)
  expect(await addressPort(home, file, shop, 'db')).toBe(a)
  expect(a! >= 19_000 && a! <= 19_999).toBe(true)
})
