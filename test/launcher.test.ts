import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { fetchPackage } from '../src/lib/fetch-package.ts'
import { findNpm } from '../src/lib/find-npm.ts'
import { needs } from './capabilities.ts'

const platform = `${process.platform}-${process.arch}`
/** Says which Node runs it, gives its arguments back, and ends as it is told to. */
const PROGRAM = `
const [what, ...rest] = process.argv.slice(2)
if (what === 'exit') process.exit(Number(rest[0]))
if (what === 'wait') {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log('got ' + signal); process.exit(signal === 'SIGINT' ? 130 : 0) })
  console.log('ready'); setInterval(() => {}, 1000)
} else if (what === 'die') process.kill(process.pid, 'SIGKILL')
else if (what === 'read') { let t = ''; for await (const part of process.stdin) t += part; console.log('read ' + t) }
else console.log(JSON.stringify({ version: process.versions.node, argv: process.argv.slice(2) }))
`

let folder: string
let old: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lf-bin-'))
  old = findOldNode() ?? ''
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function findOldNode(): string | undefined {
  const paths = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)].map((path) => join(path, 'node')).filter(existsSync)
  return paths.find((file) => Number(spawnSync(file, ['-p', 'process.versions.node.split(".")[0]']).stdout) < 22)
}

/** The launcher in a package without node_modules, so that nothing newer lies beside it. */
function aPackage(name = 'package'): { bin: string; home: string; root: string } {
  const base = mkdtempSync(join(folder, 'place-'))
  const root = join(base, name)
  mkdirSync(join(root, 'dist'), { recursive: true })
  cpSync(fileURLToPath(new URL('../bin', import.meta.url)), join(root, 'bin'), { recursive: true })
  writeFileSync(join(root, 'dist/cli.mjs'), PROGRAM)
  const home = join(base, 'home')
  return { bin: join(root, 'bin/landfall.cjs'), home, root }
}

const run = (node: string, place: { bin: string; home: string }, args: string[], env: Record<string, string> = {}) =>
  spawnSync(node, [place.bin, ...args], {
    encoding: 'utf8',
    input: env.INPUT ?? '',
    env: { PATH: '/nowhere', HOME: folder, LANDFALL_HOME: place.home, ...env },
  })

const withOld = (title: string, body: () => void | Promise<void>) =>
  test(title, async (context) => {
    if (!old) context.skip('no Node older than 22 on this machine')
    await body()
  })

test('a Node that is new enough runs the program itself', () => {
  const place = aPackage()
  const { stdout, status } = run(process.execPath, place, ['a', '--b', 'c d'])
  expect(JSON.parse(stdout)).toEqual({ version: process.versions.node, argv: ['a', '--b', 'c d'] })
  expect(status).toBe(0)
  expect(run(process.execPath, place, ['exit', '75']).status).toBe(75)
})

withOld('an old one finds the Node that LANDFALL_NODE names, and passes arguments, stdin and exit codes through', () => {
  const place = aPackage()
  const env = { LANDFALL_NODE: process.execPath }
  const { stdout, stderr } = run(old, place, ['a', '--', 'c d'], env)
  expect(JSON.parse(stdout)).toEqual({ version: process.versions.node, argv: ['a', '--', 'c d'] })
  expect(stderr).toBe('')
  expect(run(old, place, ['exit', '3'], env).status).toBe(3)
  expect(run(old, place, ['read'], { ...env, INPUT: 'hello' }).stdout).toBe('read hello\n')
  expect(run(old, place, ['die'], env).signal).toBe('SIGKILL')
})

withOld('LANDFALL_NODE that is too old or does not run is named as such', () => {
  const place = aPackage()
  for (const [node, why] of [
    [old, 'is 2'],
    ['/no/such/node', 'does not run'],
  ] as const) {
    const { status, stderr } = run(old, place, ['x'], { LANDFALL_NODE: node })
    expect(status).toBe(1)
    expect(stderr).toContain('LANDFALL_NODE')
    expect(stderr).toMatch(new RegExp(`${why}|is 1`))
    expect(stderr).toContain('22.19')
  }
})

withOld('an old one finds the newest runtime of its home, and passes over one that does not run', () => {
  const place = aPackage()
  const make = (name: string, script: string) => {
    mkdirSync(join(place.home, 'runtimes', name, 'bin'), { recursive: true })
    const file = join(place.home, 'runtimes', name, 'bin/node')
    writeFileSync(file, script)
    chmodSync(file, 0o755)
  }
  const real = `#!/bin/sh\nexec "${process.execPath}" "$@"\n`
  make('node-9.0.0', '#!/bin/sh\necho v9.0.0\n')
  make('node-24.2.0', real)
  make('node-24.10.0', '#!/bin/sh\nexit 1\n')
  make('.fetch-x', real)
  expect(JSON.parse(run(old, place, ['x']).stdout).version).toBe(process.versions.node)
})

withOld('an old one finds the Node that was installed with the package, also where npm has lifted it', () => {
  const place = aPackage('node_modules/landfall')
  const bin = join(place.root, '..', `node-${platform}`, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`, { mode: 0o755 })
  expect(JSON.parse(run(old, place, ['x']).stdout).version).toBe(process.versions.node)
})

withOld('signals reach the program, and its end is ours', async () => {
  const place = aPackage()
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const) {
    const env = { HOME: folder, LANDFALL_HOME: place.home, LANDFALL_NODE: process.execPath }
    const child = spawn(old, [place.bin, 'wait'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
      if (String(chunk).includes('ready')) child.kill(signal)
    })
    const ended = await new Promise((resolve) => child.on('close', resolve))
    expect([said, ended]).toEqual([`ready\ngot ${signal}\n`, code])
  }
})

/** A registry with one package: a Node that is only a script around ours. */
async function aRegistry(script: string): Promise<string> {
  const name = `node-${platform}`
  const tar = pack()
  tar.entry({ name: 'package/package.json' }, JSON.stringify({ name, version: '24.99.0' }))
  tar.entry({ name: 'package/bin/node', mode: 0o755 }, script)
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk)
  const tarball = gzipSync(Buffer.concat(chunks))
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path.endsWith('.tgz')) return response.end(tarball)
    if (path !== `/${name}`) return response.writeHead(404).end('{}')
    const dist = { tarball: `${url}/${name}.tgz`, integrity }
    const versions = { '24.99.0': { name, version: '24.99.0', dist } }
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '24.99.0' }, versions }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return url
}

/** The launcher asks for npm as whoever has it: beside the old Node, or on PATH. */
function npmOnPath(place: { home: string }): string {
  const bin = join(place.home, '..', 'tools')
  mkdirSync(bin, { recursive: true })
  const npm = findNpm()
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\nexec ${[npm.file, ...npm.args].join(' ')} "$@"\n`, { mode: 0o755 })
  return bin
}

const running = (args: string[], place: { bin: string; home: string }, env: Record<string, string>) =>
  new Promise<{ stdout: string; stderr: string; status: number | null }>((resolve) => {
    const child = spawn(old, [place.bin, ...args], { env: { HOME: folder, LANDFALL_HOME: place.home, ...env } })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('close', (status) => resolve({ stdout, stderr, status }))
  })

withOld('with no newer Node anywhere one is fetched once, with one line about it', async () => {
  const place = aPackage()
  const registry = await aRegistry(`#!/bin/sh\nexec "${process.execPath}" "$@"\n`)
  const env = { PATH: `${npmOnPath(place)}:/bin`, npm_config_registry: registry, npm_config_cache: join(place.home, '../cache') }
  // /bin may hold a newer Node: then there is nothing to fetch, which the other tests look at.
  const [first, second] = await Promise.all([running(['one'], place, env), running(['two'], place, env)])
  for (const [said, word] of [
    [first, 'one'],
    [second, 'two'],
  ] as const) {
    expect(said.stderr).toMatch(
      /^landfall needs Node 22\.19 or newer, and this is [\d.]+: fetching Node 24 from the npm registry, this once\n$/,
    )
    expect(JSON.parse(said.stdout)).toEqual({ version: process.versions.node, argv: [word] })
  }
  expect(readdirSync(join(place.home, 'runtimes'))).toEqual([`node-${platform}@24.99.0`])
  expect((await running(['three'], place, env)).stderr).toBe('')
})

withOld('when it cannot be fetched, npm says why and what to do by hand, and nothing is left', async () => {
  const place = aPackage()
  const env = {
    PATH: `${npmOnPath(place)}:/bin`,
    npm_config_registry: 'http://127.0.0.1:9',
    npm_config_fetch_retries: '0',
    npm_config_cache: join(place.home, '../cache'),
  }
  const { status, stderr } = await running(['x'], place, env)
  expect(status).toBe(1)
  expect(stderr).toContain('ECONNREFUSED')
  expect(stderr).toContain('next: install Node 22.19 or newer, or name one: LANDFALL_NODE=')
  expect(readdirSync(join(place.home, 'runtimes'))).toEqual([])
})

withOld('one that does not run on this machine is not kept', async () => {
  const place = aPackage()
  const registry = await aRegistry('#!/bin/sh\nexit 127\n')
  const env = { PATH: `${npmOnPath(place)}:/bin`, npm_config_registry: registry, npm_config_cache: join(place.home, '../cache') }
  const { status, stderr } = await running(['x'], place, env)
  expect([status, stderr]).toEqual([1, expect.stringContaining('does not run on this machine')])
  expect(readdirSync(join(place.home, 'runtimes'))).toEqual([])
})

needs('npm').test('Node 14 reads it too', async () => {
  const signal = AbortSignal.timeout(120_000)
  const cache = join(folder, 'downloads')
  const got = await fetchPackage({ name: `node-${platform}`, version: '14', into: folder, cache, signal, say: () => {} })
  const { stdout, stderr } = run(join(got.folder, 'bin/node'), aPackage(), ['x'], {
    LANDFALL_NODE: realpathSync(process.execPath),
  })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({ version: process.versions.node, argv: ['x'] })
})

test('a checkout that was not built says so', () => {
  const place = aPackage()
  rmSync(join(place.root, 'dist'), { recursive: true })
  const { status, stderr } = run(process.execPath, place, ['x'])
  expect([status, stderr]).toEqual([1, expect.stringContaining('npm run build')])
})
