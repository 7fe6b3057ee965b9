import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import express from 'express'
import { answerFailure } from '../../src/failure.ts'
import { limitRequests } from '../../src/limit.ts'
import { openRedis } from '../../src/redis.ts'

test('while Redis is away nobody is refused, and nobody waits for it', async () => {
  const redis = openRedis('redis://127.0.0.1:1')
  const app = express()
  app.use(limitRequests(redis, 1))
  app.get('/', (_, response) => void response.send('well'))
  app.use(answerFailure)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // It listens on TCP.
  for (let i = 0; i < 3; i++) assert.equal((await fetch(`http://127.0.0.1:${port}`)).status, 200)
  redis.disconnect()
  server.closeAllConnections()
  server.close()
})
