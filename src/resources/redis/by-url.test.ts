import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { errorOf } from '../../../test/process-engine.ts'
import { ServerBench } from '../../../test/server-bench.ts'
import { loginByUrl } from './by-url.ts'
import redis from './index.ts'

const soon = () => AbortSignal.timeout(20_000)

needs('redis').test('a login by its address, with the password, without it and with another one', async () => {
  const server = new ServerBench(redis, 'cache', {})
  onTestFinished(() => server.close())
  await server.start()
  await server.ready()
  const url = await server.output('url')
  await loginByUrl(url, soon())
  const other = new URL(url)
  other.password = 'nonsense'
  const refused = await errorOf(loginByUrl(other.href, soon()))
  expect(refused.code).toBe('E_CREDENTIALS')
  expect(refused.message).not.toContain('nonsense')
  other.username = ''
  other.password = ''
  expect((await errorOf(loginByUrl(other.href, soon()))).code).toBe('E_CREDENTIALS')
})

test('what answers and is no Redis, and what does not answer', async () => {
  const servers = ['HTTP/1.1 400 Bad Request\r\n\r\n', undefined].map((says) =>
    createServer((socket) => {
      socket.on('error', () => {})
      if (says) socket.write(says)
    }).listen(0, '127.0.0.1'),
  )
  onTestFinished(() => servers.forEach((server) => void server.close()))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const [web, silent] = servers.map((server) => `redis://:secret@127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect((await errorOf(loginByUrl(web ?? '', soon()))).message).toContain('does not speak as Redis does')
  const hangs = await errorOf(loginByUrl(silent ?? '', AbortSignal.timeout(200)))
  expect(hangs).toMatchObject({ code: 'E_LOGIN' })
  expect(hangs.message).not.toContain('secret')
})
