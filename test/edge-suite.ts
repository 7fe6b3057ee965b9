import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { EdgeType } from '../src/model/plug.ts'
import { ask, EdgeWorld, shop, startLoad, table, until } from './edge-world.ts'

/** What every edge must do. `skip`: title of a test -> why this one cannot pass it; an entry that names no test fails. */
export function edgeSuite(type: EdgeType, skip: Record<string, string> = {}): void {
  const titles = new Set<string>()
  const law = (title: string, body: () => Promise<void>) => {
    titles.add(title)
    test.skipIf(title in skip)(title, body)
  }

  describe(`edge ${type.name}`, () => {
    let world: EdgeWorld
    let epoch = 0
    beforeAll(async () => {
      world = await EdgeWorld.start(type)
    })
    afterAll(() => world.close())
    const swap = (...routes: Parameters<typeof table>) => world.edge.swap(shop, table(...routes), ++epoch)

    law('the longest path prefix that ends at a segment wins', async () => {
      const [root, api, deep] = await Promise.all([world.named('root'), world.named('api'), world.named('deep')])
      await swap(
        ['shop.example', '/', root.endpoint],
        ['shop.example', '/api', api.endpoint],
        ['shop.example', '/api/v2/', deep.endpoint],
      )
      const bodies = async (paths: string[]) => Promise.all(paths.map(async (p) => (await world.get('shop.example', p)).body))
      expect(
        await bodies(['/', '/apix', '/x/api', '/api', '/api/', '/api/x?y', '/api?z', '/api/v2', '/api/v2/x', '/api/v20']),
      ).toEqual(['root', 'root', 'root', 'api', 'api', 'api', 'api', 'deep', 'deep', 'api'])
      expect(await bodies(['/%61pi/x', '/x/../api/', '/./api', '/api/../x', '//api'])).toEqual([
        'api',
        'api',
        'api',
        'root',
        'api',
      ])
    })

    law('a host is found whatever its case, its port and its last dot', async () => {
      const web = await world.named('web')
      await swap(['shop.example', '/', web.endpoint])
      for (const host of ['shop.example', 'SHOP.example', 'shop.example:8080', 'Shop.Example.']) {
        expect((await world.get(host)).body).toBe('web')
      }
    })

    law('an unknown host is 421 and an unknown path 404, and neither repeats what was asked', async () => {
      const web = await world.named('web')
      await swap(['shop.example', '/only', web.endpoint])
      const host = await world.get('evil.example', '/path-of-mine')
      expect([host.status, host.body]).toEqual([421, expect.stringContaining('no app here answers to this host name')])
      const path = await world.get('shop.example', '/path-of-mine')
      expect(path.status).toBe(404)
      for (const answer of [host, path]) expect(JSON.stringify(answer)).not.toMatch(/evil\.example|path-of-mine/)
    })

    law('routes tells what serves, and a swap replaces all of it', async () => {
      const web = await world.named('web')
      await swap(['a.example', '/', web.endpoint], ['b.example', '/x', web.endpoint, 'api'])
      expect(await world.edge.routes(shop)).toEqual([
        { host: 'a.example', path: '/', component: 'web', release: 'r1' },
        { host: 'b.example', path: '/x', component: 'api', release: 'r1' },
      ])
      await swap(['b.example', '/', web.endpoint])
      expect((await world.get('a.example')).status).toBe(421)
      await swap()
      expect(await world.edge.routes(shop)).toEqual([])
      expect((await world.get('b.example')).status).toBe(421)
    })

    law('a staged table is seen by ask alone', async () => {
      const [one, two] = await Promise.all([world.named('one'), world.named('two')])
      await swap(['shop.example', '/', one.endpoint])
      await world.edge.stage(shop, table(['shop.example', '/', two.endpoint]))
      const asked = (isStaged: boolean) =>
        world.edge.ask(shop, { isStaged, method: 'GET', host: 'shop.example', path: '/', headers: {}, timeoutMs: 5000 })
      expect((await asked(true)).body).toBe('two')
      expect((await asked(false)).body).toBe('one')
      expect((await world.get('shop.example')).body).toBe('one')
    })

    law('ask carries method, headers and body, and tells status, headers and body of the answer', async () => {
      const echo = await world.instance((request, response) => {
        let body = ''
        request.on('data', (part) => {
          body += part
        })
        request.on('end', () => {
          response.writeHead(201, { 'content-type': 'application/json', 'x-told': 'yes' })
          response.write(JSON.stringify({ method: request.method, url: request.url, own: request.headers['x-own'], body }))
          response.end()
        })
      })
      await swap(['shop.example', '/', echo.endpoint])
      const answer = await world.edge.ask(shop, {
        isStaged: false,
        method: 'POST',
        host: 'shop.example',
        path: '/a?b=c',
        headers: { 'x-own': 'mine' },
        body: '{"ü":1}',
        timeoutMs: 5000,
      })
      expect(answer.status).toBe(201)
      expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'x-told': 'yes' })
      expect(JSON.parse(answer.body)).toEqual({ method: 'POST', url: '/a?b=c', own: 'mine', body: '{"ü":1}' })
    })

    law('ask gives up after its time', async () => {
      const silent = await world.instance(() => {})
      await swap(['shop.example', '/', silent.endpoint])
      const request = { isStaged: false, method: 'GET', host: 'shop.example', path: '/', headers: {}, timeoutMs: 200 }
      await expect(world.edge.ask(shop, request)).rejects.toMatchObject({ code: 'E_ASK_TIMEOUT' })
      await until(async () => (await world.edge.inFlight(silent.endpoint)) === 0, 'the request to be given up')
    })

    law('an earlier epoch is refused, the same one is not', async () => {
      const [web, late] = await Promise.all([world.named('web'), world.named('late')])
      await swap(['shop.example', '/', web.endpoint])
      const old = table(['shop.example', '/', late.endpoint])
      await expect(world.edge.swap(shop, old, epoch - 1)).rejects.toMatchObject({ code: 'E_FENCED' })
      await expect(world.edge.hold(shop, ['web'], 5, epoch - 1)).rejects.toMatchObject({ code: 'E_FENCED' })
      expect((await world.get('shop.example')).body).toBe('web')
      await world.edge.swap(shop, old, epoch)
      expect((await world.get('shop.example')).body).toBe('late')
    })

    law('a host that another app has is refused, with its name', async () => {
      const web = await world.named('web')
      await swap(['shop.example', '/', web.endpoint])
      const other = { app: 'blog', environment: 'production' }
      await expect(world.edge.swap(other, table(['shop.example', '/', web.endpoint]), 1)).rejects.toMatchObject({
        code: 'E_HOST_IN_USE',
        message: expect.stringContaining('shop'),
      })
      expect(await world.edge.routes(other)).toEqual([])
    })

    law('a table that cannot be served is refused with the field, and the old one goes on serving', async () => {
      const web = await world.named('web')
      await swap(['shop.example', '/', web.endpoint])
      const line = { host: 'shop.example', path: '/', component: 'web', release: 'r2', endpoints: [web.endpoint] }
      const refused: [unknown, string][] = [
        [{ routes: [{ ...line, host: 'Shop Example' }], internal: [] }, 'routes[0].host'],
        [{ routes: [line, { ...line, path: 'api' }], internal: [] }, 'routes[1].path'],
        [{ routes: [{ ...line, path: '/a/../b' }], internal: [] }, 'routes[0].path'],
        [{ routes: [{ ...line, endpoints: ['http://10.0.0.1:80'] }], internal: [] }, 'routes[0].endpoints[0]'],
        [{ routes: [{ ...line, endpoints: ['http://127.0.0.1:99999'] }], internal: [] }, 'routes[0].endpoints[0]'],
        [{ routes: [{ ...line, endpoints: ['file:///a%2fb'] }], internal: [] }, 'routes[0].endpoints[0]'],
        [{ routes: [{ ...line, weight: 3 }], internal: [] }, 'routes[0].weight'],
        [{ routes: [line, line], internal: [] }, 'routes[1].path'],
        [{ routes: [line], internal: [{ component: '../x', release: 'r2', endpoints: [] }] }, 'internal[0].component'],
        [{ routes: [line] }, 'internal'],
      ]
      for (const [bad, at] of refused) {
        await expect(world.edge.swap(shop, bad as never, epoch + 1)).rejects.toMatchObject({
          at,
          message: expect.stringContaining(at),
        })
      }
      await expect(world.edge.swap(shop, table(['shop.example', '/', []]), epoch + 1)).rejects.toMatchObject({
        code: 'E_NO_ENDPOINT',
      })
      expect((await world.get('shop.example')).body).toBe('web')
    })

    law('held requests wait for the next table and then go to its endpoints', async () => {
      const [old, young] = await Promise.all([world.named('old'), world.named('young')])
      await swap(['shop.example', '/', old.endpoint], ['shop.example', '/free', old.endpoint, 'other'])
      await world.edge.hold(shop, ['web'], 30, epoch)
      await old.stop()
      const waiting = Promise.all(
        Array.from({ length: 20 }, () => world.get('shop.example', '/x', { method: 'POST', body: 'b' })),
      )
      let isOver = false
      void waiting.then(() => {
        isOver = true
      })
      await until(async () => (await world.edge.stats()).open >= 20, 'the requests to have come in')
      expect(isOver).toBe(false)
      await swap(['shop.example', '/', young.endpoint])
      expect((await waiting).map((answer) => answer.body)).toEqual(Array(20).fill('young'))
    })

    law('a hold that runs out answers 503 with Retry-After', async () => {
      const web = await world.named('web')
      await swap(['shop.example', '/', web.endpoint])
      await world.edge.hold(shop, ['web'], 1, epoch)
      const answer = await world.get('shop.example')
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, expect.any(String)])
      expect((await world.get('shop.example')).body).toBe('web')
    })

    law('a swap under load fails no request, slow answers and bodies included', async () => {
      const slow = (name: string) =>
        world.instance((request, response) => {
          const parts: Buffer[] = []
          request.on('data', (part) => parts.push(part))
          request.on('end', () => {
            const body = Buffer.concat(parts).toString()
            if (request.url !== '/slow') return response.end(name + body)
            response.write(name)
            setTimeout(() => response.end(body), 100)
          })
        })
      let serving = await slow('0')
      await swap(['shop.example', '/', serving.endpoint])
      const load = startLoad(world.port, 'shop.example', { clients: 16, paths: ['/', '/slow'], body: 'x'.repeat(50_000) })
      for (let n = 1; n <= 12; n++) {
        const next = await slow(String(n))
        await swap(['shop.example', '/', next.endpoint])
        await until(async () => (await world.edge.inFlight(serving.endpoint)) === 0, 'the drain')
        await serving.stop()
        serving = next
        const before = load.count()
        await until(() => load.count() > before + 30, 'requests to go on')
      }
      const { done, failed } = await load.stop()
      expect(failed).toEqual([])
      expect(done).toBeGreaterThan(300)
    })

    law('a WebSocket stays with its instance through a swap, counts as in flight, and ends when it is cut', async () => {
      const makeEcho = async (name: string) => {
        const instance = await world.instance((_, response) => response.end(name))
        const server = new WebSocketServer({ server: instance.server })
        server.on('connection', (socket) => socket.on('message', (data) => socket.send(`${name} ${data}`)))
        return instance
      }
      const [old, young] = await Promise.all([makeEcho('old'), makeEcho('young')])
      await swap(['shop.example', '/', old.endpoint])
      const open = async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${world.port}/`, { headers: { host: 'shop.example' } })
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
        return socket
      }
      const say = (socket: WebSocket, text: string) => {
        socket.send(text)
        return new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))))
      }
      const first = await open()
      expect(await say(first, 'a')).toBe('old a')
      await swap(['shop.example', '/', young.endpoint])
      expect(await say(first, 'b')).toBe('old b')
      const second = await open()
      expect(await say(second, 'c')).toBe('young c')
      expect([await world.edge.inFlight(old.endpoint), await world.edge.inFlight(young.endpoint)]).toEqual([1, 1])
      const closed = new Promise<number>((resolve) => first.once('close', resolve))
      await world.edge.cut(old.endpoint)
      expect(await closed).toBe(1006)
      await until(async () => (await world.edge.inFlight(old.endpoint)) === 0, 'the endpoint to be free')
      expect(await say(second, 'd')).toBe('young d')
      second.terminate()
    })

    law('a request that outlives the drain limit is cut, and its client told', async () => {
      const stuck = await world.instance(() => {})
      await swap(['shop.example', '/', stuck.endpoint])
      const answer = world.get('shop.example')
      await until(async () => (await world.edge.inFlight(stuck.endpoint)) === 1, 'the request')
      await world.edge.cut(stuck.endpoint)
      expect((await answer).status).toBe(502)
      expect(await world.edge.inFlight(stuck.endpoint)).toBe(0)
    })

    law('events are passed on as they come', async () => {
      let send = (_: string) => {}
      const events = await world.instance((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.flushHeaders()
        send = (text) => response.write(text)
      })
      await swap(['shop.example', '/', events.endpoint])
      const socket = connect(world.port, '127.0.0.1')
      let text = ''
      socket.on('data', (part) => {
        text += part
      })
      socket.write('GET /events HTTP/1.1\r\nhost: shop.example\r\n\r\n')
      await until(() => text.includes('text/event-stream'), 'the head, before any event')
      for (const n of [1, 2, 3]) {
        send(`data: ${n}\n\n`)
        await until(() => text.includes(`data: ${n}\n\n`), `event ${n}`)
      }
      expect(await world.edge.inFlight(events.endpoint)).toBe(1)
      socket.destroy()
      await until(async () => (await world.edge.inFlight(events.endpoint)) === 0, 'the instance to be told')
    })

    law('endpoints of a release change in place', async () => {
      const [one, two] = await Promise.all([world.named('one'), world.named('two')])
      await world.edge.swap(
        shop,
        {
          ...table(['shop.example', '/', one.endpoint]),
          internal: [{ component: 'web', release: 'r1', endpoints: [one.endpoint] }],
        },
        ++epoch,
      )
      const { port } = await world.edge.address(shop, 'web')
      await world.edge.endpoints(shop, 'web', 'r1', [two.endpoint])
      expect([(await world.get('shop.example')).body, (await ask(port, '/')).body]).toEqual(['two', 'two'])
      await world.edge.endpoints(shop, 'web', 'r9', [one.endpoint])
      expect((await world.get('shop.example')).body).toBe('two')
    })

    law('several endpoints share the requests', async () => {
      const all = await Promise.all(['a', 'b', 'c'].map((name) => world.named(name)))
      await swap(['shop.example', '/', all.map((instance) => instance.endpoint)])
      const counts = new Map<string, number>()
      for (let n = 0; n < 30; n++) {
        const { body } = await world.get('shop.example')
        counts.set(body, (counts.get(body) ?? 0) + 1)
      }
      expect([...counts.values()]).toEqual([10, 10, 10])
    })

    law('while one of several instances is down no request fails', async () => {
      const [one, two] = await Promise.all([world.named('one'), world.named('two')])
      await swap(['shop.example', '/', [one.endpoint, two.endpoint]])
      await one.stop()
      for (let n = 0; n < 20; n++) {
        const answer = await world.get('shop.example', '/', n % 2 ? { method: 'POST', body: 'once' } : {})
        expect([answer.status, answer.body]).toEqual([200, 'two'])
      }
    })

    law('hosts of `local` have a port of their own that answers whatever the Host header says', async () => {
      const local = { app: 'shop', environment: 'local' }
      const web = await world.named('web')
      const url = new URL(await world.edge.url(local, 'shop.test'))
      expect(url.hostname).toBe('localhost')
      expect((await ask(Number(url.port), '/')).status).toBe(503)
      await world.edge.swap(local, table(['shop.test', '/', web.endpoint]), 1)
      expect((await ask(Number(url.port), '/', { headers: { host: 'whatever.example' } })).body).toBe('web')
      expect((await world.get('shop.test')).body).toBe('web')
      expect(await world.edge.url(local, 'shop.test')).toBe(`http://localhost:${url.port}`)
      expect(await world.edge.urls(local)).toEqual([{ host: 'shop.test', url: `http://localhost:${url.port}` }])
      expect(await world.edge.url(local, 'other.test')).not.toBe(`http://localhost:${url.port}`)
    })

    law('a component keeps its address over all releases', async () => {
      const [one, two] = await Promise.all([world.named('one'), world.named('two')])
      const address = await world.edge.address(shop, 'api')
      expect(address.host).toBe('127.0.0.1')
      const internal = (endpoint: string, release: string) => ({
        routes: [],
        internal: [{ component: 'api', release, endpoints: [endpoint] }],
      })
      await world.edge.swap(shop, internal(one.endpoint, 'r1'), ++epoch)
      expect((await ask(address.port, '/any/path', { headers: { host: 'a.b' } })).body).toBe('one')
      await world.edge.swap(shop, internal(two.endpoint, 'r2'), ++epoch)
      expect((await ask(address.port, '/any/path')).body).toBe('two')
      expect(await world.edge.address(shop, 'api')).toEqual(address)
      expect(await world.edge.address({ ...shop, environment: 'staging' }, 'api')).not.toEqual(address)
    })

    law('a folder of files is an endpoint too', async () => {
      const folder = join(world.home, 'site')
      mkdirSync(folder)
      writeFileSync(join(folder, 'index.html'), '<h1>hello</h1>')
      await swap(['shop.example', '/', `file://${folder}`])
      const answer = await world.get('shop.example')
      expect([answer.status, answer.body, answer.headers['content-type']]).toEqual([
        200,
        '<h1>hello</h1>',
        'text/html; charset=utf-8',
      ])
    })

    law('stats counts requests and open connections', async () => {
      const web = await world.named('web')
      await swap(['shop.example', '/', web.endpoint])
      const before = await world.edge.stats()
      await Promise.all(Array.from({ length: 5 }, () => world.get('shop.example')))
      const after = await world.edge.stats()
      expect(after.requests - before.requests).toBe(5)
      expect(after.listeners).toContain(`0.0.0.0:${world.port}`)
      expect(after.pid).toBe(before.pid)
    })

    test('what is skipped is a test of this suite', () => {
      for (const title of Object.keys(skip)) expect(titles).toContain(title)
    })
  })
}
