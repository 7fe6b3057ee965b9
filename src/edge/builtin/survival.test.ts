import { once } from 'node:events'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { ask, EdgeWorld, edgeProcesses, shop, startLoad, table, until } from '../../../test/edge-world.ts'
import { identify } from '../../lib/process-identity.ts'
import builtin from './index.ts'

let world: EdgeWorld
afterEach(() => world.close())

const kill = async (signal: NodeJS.Signals = 'SIGKILL') => process.kill((await world.edge.stats()).pid, signal)
const tableFile = () => join(world.home, 'edge/table.json')
/** As after a power cut: shell and program gone at once. */
async function killAll(): Promise<void> {
  const pids = edgeProcesses(world.home)
    .sort((a, b) => Number(b.isShell) - Number(a.isShell))
    .map((found) => found.pid)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await until(() => pids.every((pid) => identify(pid) === undefined), 'the edge to be dead')
}

describe('a killed edge', () => {
  test('is back with its table while connections wait instead of being refused', async () => {
    world = await EdgeWorld.start(builtin)
    const web = await world.named('web')
    await world.edge.swap(shop, table(['shop.example', '/', web.endpoint]), 1)
    for (let n = 0; n < 5; n++) {
      const { pid } = await world.edge.stats()
      process.kill(pid, 'SIGKILL')
      await until(() => !existsSync(`/proc/${pid}`), 'its end')
      // Nobody asks the control socket: shell and kernel alone must do.
      const answers = await Promise.all(Array.from({ length: 20 }, () => world.get('shop.example')))
      expect(answers.map((answer) => answer.body)).toEqual(Array(20).fill('web'))
      expect((await world.edge.stats()).pid).not.toBe(pid)
    }
  })

  test('cuts what it had in hand and nothing else', async () => {
    world = await EdgeWorld.start(builtin)
    const web = await world.named('web')
    await world.edge.swap(shop, table(['shop.example', '/', web.endpoint]), 1)
    const load = startLoad(world.port, 'shop.example', { clients: 8 })
    for (let n = 0; n < 4; n++) {
      const before = load.count()
      await until(() => load.count() > before + 200, 'requests')
      await kill()
      await sleep(50)
    }
    await until(async () => (await world.get('shop.example')).body === 'web', 'the edge')
    const { failed, done } = await load.stop()
    expect(done).toBeGreaterThan(800)
    // At most what each client had under way at each of the four kills; a refused connection would fail by the thousand.
    expect(failed.length).toBeLessThanOrEqual(8 * 4 * 2)
    expect(failed.filter((failure) => failure.includes('ECONNREFUSED'))).toEqual([])
  })

  test('keeps its hold: requests go on waiting for the next table', async () => {
    world = await EdgeWorld.start(builtin)
    const [old, young] = await Promise.all([world.named('old'), world.named('young')])
    await world.edge.swap(shop, table(['shop.example', '/', old.endpoint]), 1)
    await world.edge.hold(shop, ['web'], 60, 1)
    await kill()
    const waiting = world.get('shop.example')
    await until(async () => (await world.edge.stats()).open >= 1, 'the request')
    await world.edge.swap(shop, table(['shop.example', '/', young.endpoint]), 2)
    expect((await waiting).body).toBe('young')
  })

  test.each([
    'edge:swap:before',
    'edge:tables:synced',
    'edge:tables:kept',
    'edge:tables:renamed',
    'edge:swap:written',
    'edge:swap:after',
  ])('killed at %s it serves the old table or the new one, and the swap can be repeated', async (point) => {
    world = await EdgeWorld.start(builtin)
    const [old, young] = await Promise.all([world.named('old'), world.named('young')])
    await world.edge.swap(shop, table(['shop.example', '/', old.endpoint], ['shop.example', '/b', old.endpoint]), 1)
    // The failpoint is for the second swap only, so it comes with the program that is started now.
    await killAll()
    await restart({ LANDFALL_FAIL: point })
    const { pid } = await world.edge.stats()
    const next = table(['shop.example', '/', young.endpoint], ['shop.example', '/b', young.endpoint])
    const isWritten = ['renamed', 'written', 'after'].some((end) => point.endsWith(end))
    const swapping = world.edge.swap(shop, next, 2)
    await until(() => !existsSync(`/proc/${pid}`), 'the failpoint')
    const seen = [(await world.get('shop.example')).body, (await world.get('shop.example', '/b')).body]
    // The client repeats the swap as soon as it can: it may have got there first.
    expect([isWritten ? ['young', 'young'] : ['old', 'old'], ['young', 'young']]).toContainEqual(seen)
    await swapping
    expect((await world.get('shop.example')).body).toBe('young')
  })
})

describe('a damaged state file', () => {
  const damages: [string, (file: string) => void][] = [
    ['cut in half', (file) => writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size / 2))],
    [
      'with one bit flipped',
      (file) => {
        const bytes = readFileSync(file)
        const at = bytes.length - 30
        bytes[at] = (bytes[at] ?? 0) ^ 1
        writeFileSync(file, bytes)
      },
    ],
    ['empty', (file) => writeFileSync(file, '')],
    ['of somebody else', (file) => writeFileSync(file, '{"scopes":{}}')],
  ]
  test.each(damages)('%s is put aside for study, and the generation before it serves', async (_, damage) => {
    world = await EdgeWorld.start(builtin)
    const [one, two] = await Promise.all([world.named('one'), world.named('two')])
    await world.edge.swap(shop, table(['shop.example', '/', one.endpoint]), 1)
    await world.edge.swap(shop, table(['shop.example', '/', two.endpoint]), 2)
    await killAll()
    damage(tableFile())
    await restart()
    expect((await world.get('shop.example')).body).toBe('one')
    const { alerts } = await world.edge.stats()
    expect(alerts).toEqual([expect.stringMatching(/table\.json was not what had been written .* kept as table\.bad-/)])
    expect(readdirSync(join(world.home, 'edge')).some((name) => name.startsWith('table.bad-'))).toBe(true)
    await world.edge.swap(shop, table(['shop.example', '/', two.endpoint]), 3)
    await killAll()
    await restart()
    expect((await world.get('shop.example')).body).toBe('two')
  })

  test('in both generations leaves an edge that serves nothing, says so, and takes the next table', async () => {
    world = await EdgeWorld.start(builtin)
    const web = await world.named('web')
    for (const epoch of [1, 2]) await world.edge.swap(shop, table(['shop.example', '/', web.endpoint]), epoch)
    await killAll()
    for (const name of ['table.json', 'table.prev.json']) writeFileSync(join(world.home, 'edge', name), 'x')
    await restart()
    expect((await world.get('shop.example')).status).toBe(421)
    expect((await world.edge.stats()).alerts).toHaveLength(2)
    await world.edge.swap(shop, table(['shop.example', '/', web.endpoint]), 1)
    expect((await world.get('shop.example')).body).toBe('web')
  })
})

describe('a disk that is full', () => {
  const canLimit = existsSync('/usr/bin/prlimit')
  test.skipIf(!canLimit)('refuses the swap with E_DISK and serves on', async () => {
    world = await EdgeWorld.start(builtin)
    const [one, two] = await Promise.all([world.named('one'), world.named('two')])
    await world.edge.swap(shop, table(['shop.example', '/', one.endpoint]), 1)
    const { execFileSync } = await import('node:child_process')
    const { pid } = await world.edge.stats()
    execFileSync('/usr/bin/prlimit', ['--pid', String(pid), '--fsize=10:unlimited'])
    await expect(world.edge.swap(shop, table(['shop.example', '/', two.endpoint]), 2)).rejects.toMatchObject({ code: 'E_DISK' })
    expect((await world.get('shop.example')).body).toBe('one')
    execFileSync('/usr/bin/prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited'])
    await world.edge.swap(shop, table(['shop.example', '/', two.endpoint]), 2)
    expect((await world.get('shop.example')).body).toBe('two')
  })
})

describe('ensure', () => {
  test('adopts the edge that lives, and starts one where shell and program are dead, with the same ports', async () => {
    world = await EdgeWorld.start(builtin)
    const web = await world.named('web')
    const local = { app: 'shop', environment: 'local' }
    await world.edge.swap(local, table(['shop.test', '/', web.endpoint]), 1)
    const url = await world.edge.url(local, 'shop.test')
    const address = await world.edge.address(local, 'web')
    const { pid } = await world.edge.stats()
    const another = await builtin.connect({ home: world.home, say: () => {} })
    await another.ensure()
    expect((await another.stats()).pid).toBe(pid)
    await killAll()
    await expect(another.stats()).rejects.toMatchObject({ code: 'E_EDGE_DOWN' })
    await restart()
    expect((await world.edge.stats()).pid).not.toBe(pid)
    expect([await world.edge.url(local, 'shop.test'), await world.edge.address(local, 'web')]).toEqual([url, address])
    expect((await ask(Number(new URL(url).port), '/')).body).toBe('web')
  })

  test('does not touch a stranger who has the pid of a dead edge', async () => {
    world = await EdgeWorld.start(builtin)
    await killAll()
    const file = join(world.home, 'run/edge.json')
    const about = JSON.parse(readFileSync(file, 'utf8'))
    about.process.pid = about.shell.pid = process.pid
    writeFileSync(file, JSON.stringify(about))
    await restart()
    expect((await world.edge.stats()).pid).not.toBe(process.pid)
  })

  test('skips ports that others have, and keeps trying for one that was ours', async () => {
    world = await EdgeWorld.start(builtin)
    const local = { app: 'shop', environment: 'local' }
    const web = await world.named('web')
    await world.edge.swap(local, table(['shop.test', '/', web.endpoint]), 1)
    const port = Number(new URL(await world.edge.url(local, 'shop.test')).port)
    await killAll()
    const thief = createServer()
    await until(async () => {
      const result = once(thief, 'listening').catch(() => undefined)
      thief.listen(port, '127.0.0.1')
      return result
    }, 'the port to be free')
    await restart()
    expect(await world.edge.url(local, 'shop.test')).toBe(`http://localhost:${port}`)
    expect((await world.edge.stats()).alerts).toEqual([expect.stringContaining(`port ${port} is taken`)])
    await new Promise((resolve) => thief.close(resolve))
    await until(async () => (await world.edge.stats()).alerts?.length === 0, 'the port to be ours again')
    expect((await ask(port, '/')).body).toBe('web')
  })

  test('keeps control socket, state and logs to our own user', async () => {
    world = await EdgeWorld.start(builtin)
    await world.get('a.example')
    await world.logged('421')
    const mode = (path: string) => (statSync(join(world.home, path)).mode & 0o777).toString(8)
    expect(['run', 'run/edge.sock', 'edge', 'logs/edge', 'logs/edge/access.log'].map(mode)).toEqual([
      '700',
      '600',
      '700',
      '700',
      '600',
    ])
  })

  test('without a wish it takes 80 as root, else 8080, or the next one that is free', async () => {
    world = await EdgeWorld.start(builtin, { LANDFALL_EDGE_PORT: '' })
    const { listeners } = await world.edge.stats()
    const port = Number(listeners.find((listener) => listener.startsWith('0.0.0.0:'))?.split(':')[1])
    const first = process.getuid?.() === 0 ? 80 : 8080
    expect(port === first || (port >= 8080 && port < 8180)).toBe(true)
    expect(world.said.join().includes(`it listens on ${port}`)).toBe(port !== first)
    expect((await ask(port, '/', { headers: { host: 'nobody.example' } })).status).toBe(421)
    const url = await world.edge.url(shop, 'shop.example')
    expect(url).toBe(port === 80 ? 'http://shop.example' : `http://shop.example:${port}`)
  })

  test('listens on IPv6 as well where there is any', async () => {
    world = await EdgeWorld.start(builtin)
    const web = await world.named('web')
    const local = { app: 'shop', environment: 'local' }
    await world.edge.swap(local, table(['shop.test', '/', web.endpoint]), 1)
    const port = Number(new URL(await world.edge.url(local, 'shop.test')).port)
    const { listeners } = await world.edge.stats()
    const addresses = listeners.some((listener) => listener.startsWith('[')) ? ['127.0.0.1', '::1'] : ['127.0.0.1']
    for (const address of addresses) {
      expect((await ask(port, '/', { address })).body).toBe('web')
      expect((await ask(world.port, '/', { address, headers: { host: 'shop.test' } })).body).toBe('web')
    }
  })
})

describe('the shell that holds the sockets', () => {
  const shells = () => edgeProcesses(world.home).filter((found) => found.isShell)

  test('is replaced when it is killed, without a request that fails', async () => {
    world = await EdgeWorld.start(builtin)
    const web = await world.named('web')
    await world.edge.swap(shop, table(['shop.example', '/', web.endpoint]), 1)
    const load = startLoad(world.port, 'shop.example', { clients: 4 })
    const { pid } = await world.edge.stats()
    process.kill(shells()[0]?.pid ?? 0, 'SIGKILL')
    await until(async () => (await world.edge.stats()).pid !== pid && shells().length === 1, 'another shell with another edge')
    const { failed } = await load.stop()
    expect(failed).toEqual([])
    await kill()
    expect((await world.get('shop.example')).body).toBe('web')
  })

  test('soon holds ports that were given out beyond its spares, too', async () => {
    world = await EdgeWorld.start(builtin)
    const web = await world.named('web')
    const local = { app: 'shop', environment: 'local' }
    const hosts = Array.from({ length: 12 }, (_, n) => `host${n}.test`)
    await world.edge.swap(local, table(...hosts.map((host) => [host, '/', web.endpoint] as [string, string, string])), 1)
    const urls: string[] = []
    const { pid } = await world.edge.stats()
    for (const host of hosts) urls.push(await world.edge.url(local, host))
    expect(new Set(urls).size).toBe(12)
    const ports = urls.map((url) => Number(new URL(url).port))
    for (const port of ports) expect((await ask(port, '/')).body).toBe('web')
    await until(async () => (await world.edge.stats()).pid !== pid, 'the edge with the larger shell')
    await until(() => shells().length === 1, 'the old one to leave')
    await kill()
    expect(await Promise.all(ports.map(async (port) => (await ask(port, '/')).body))).toEqual(Array(12).fill('web'))
  })
})

describe('handing over to a newer edge', () => {
  /** An edge from a copy of the program, as before an upgrade of Landfall. */
  async function startOld(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'edge-old-'))
    const here = fileURLToPath(new URL('../../', import.meta.url))
    for (const part of ['edge/builtin', 'lib', 'model']) cpSync(join(here, part), join(folder, 'src', part), { recursive: true })
    copyFileSync(join(here, '../package.json'), join(folder, 'package.json'))
    const main = join(folder, 'src/edge/builtin/main.ts')
    writeFileSync(main, `${readFileSync(main, 'utf8')}\n// an older text\n`)
    const old = (await import(join(folder, 'src/edge/builtin/index.ts'))).default
    world = await EdgeWorld.start(old)
    return folder
  }

  test('fails no request, keeps WebSockets and their count, and the old one leaves when they end', async () => {
    const folder = await startOld()
    const { pid: oldPid } = await world.edge.stats()
    const web = await world.instance((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part) => parts.push(part))
      request.on('end', () => {
        const body = Buffer.concat(parts).toString()
        if (request.url === '/slow') setTimeout(() => response.end(body), 300)
        else response.end(body)
      })
    })
    web.server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
      socket.on('data', (part) => socket.write(part))
      socket.on('end', () => socket.end())
    })
    await world.edge.swap(shop, table(['shop.example', '/', web.endpoint]), 1)
    const socket = connect(world.port, '127.0.0.1')
    let echoed = ''
    socket.on('data', (part) => {
      echoed += part
    })
    socket.write('GET /ws HTTP/1.1\r\nhost: shop.example\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
    await until(() => echoed.includes('101'), 'the socket')

    const load = startLoad(world.port, 'shop.example', { clients: 12, paths: ['/', '/slow'], body: 'b'.repeat(20_000) })
    await until(() => load.count() > 100, 'requests')
    const current = await builtin.connect({ home: world.home, say: (line) => world.said.push(line) })
    await current.ensure()
    const { pid } = await current.stats()
    expect(pid, world.said.join('\n')).not.toBe(oldPid)
    const before = load.count()
    await until(() => load.count() > before + 300, 'requests')

    // A connection that slept through it is still with the old process, and is answered by the table of now.
    const moved = await world.named('moved')
    await current.swap(shop, table(['shop.example', '/', web.endpoint], ['shop.example', '/moved', moved.endpoint]), 2)
    const { failed } = await load.stop()
    expect(failed).toEqual([])
    expect((await world.get('shop.example', '/moved')).body).toBe('moved')

    socket.write('still here')
    await until(() => echoed.includes('still here'), 'the echo')
    expect(await current.inFlight(web.endpoint)).toBe(1)
    expect(existsSync(`/proc/${oldPid}`)).toBe(true)
    await current.cut(web.endpoint)
    await until(() => !existsSync(`/proc/${oldPid}`), 'the old edge to leave')
    expect(await current.inFlight(web.endpoint)).toBe(0)
    await until(() => edgeProcesses(world.home).length === 2, 'its shell to leave too')
    rmSync(folder, { recursive: true })
  })

  test('a connection that slept is answered by the table of now', async () => {
    const folder = await startOld()
    const [one, two] = await Promise.all([world.named('one'), world.named('two')])
    await world.edge.swap(shop, table(['shop.example', '/', one.endpoint]), 1)
    const socket = connect(world.port, '127.0.0.1')
    let text = ''
    socket.on('data', (part) => {
      text += part
    })
    const request = 'GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n'
    socket.write(request)
    await until(() => text.includes('one'), 'the first answer')
    const current = await builtin.connect({ home: world.home, say: () => {} })
    await current.ensure()
    await current.swap(shop, table(['shop.example', '/', two.endpoint]), 2)
    text = ''
    socket.write(request)
    await until(() => text.includes('two'), 'the second answer')
    expect(text).toContain('connection: close')
    await until(() => edgeProcesses(world.home).length === 2, 'the old edge to leave')
    rmSync(folder, { recursive: true })
  })

  test('the new one survives a kill like any other', async () => {
    const folder = await startOld()
    const web = await world.named('web')
    await world.edge.swap(shop, table(['shop.example', '/', web.endpoint]), 1)
    const current = await builtin.connect({ home: world.home, say: () => {} })
    await current.ensure()
    await until(() => edgeProcesses(world.home).length === 2, 'the old edge to leave')
    process.kill((await current.stats()).pid, 'SIGKILL')
    expect((await world.get('shop.example')).body).toBe('web')
    rmSync(folder, { recursive: true })
  })

  test('when the new one does not come up the old one serves on', async () => {
    const folder = await startOld()
    const web = await world.named('web')
    await world.edge.swap(shop, table(['shop.example', '/', web.endpoint]), 1)
    const { pid } = await world.edge.stats()
    // What the old one would start now: a program that falls over.
    writeFileSync(join(folder, 'src/edge/builtin/main.ts'), 'process.exit(0)')
    const said: string[] = []
    const current = await builtin.connect({ home: world.home, say: (line) => said.push(line) })
    await current.ensure()
    expect(said.join('\n')).toContain('the new edge did not come up')
    expect((await current.stats()).pid).toBe(pid)
    await current.swap(shop, table(['shop.example', '/', web.endpoint]), 2)
    expect((await world.get('shop.example')).body).toBe('web')
    rmSync(folder, { recursive: true })
  })
})

async function restart(env: Record<string, string> = {}): Promise<void> {
  Object.assign(process.env, { LANDFALL_EDGE_PORT: String(world.port) }, env)
  try {
    await world.edge.ensure()
  } finally {
    for (const name of ['LANDFALL_EDGE_PORT', ...Object.keys(env)]) delete process.env[name]
  }
}
