import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { startLoad } from '../../bench/load.ts'
import { countWritten } from '../../bench/rows.ts'
import type { OpAnswers } from '../../src/ops/contract.ts'
import { findProgram, lacks, needs } from '../capabilities.ts'
import { copyExample, freePort, Machine, until } from './helpers.ts'

// The whole story of one app with a real PostgreSQL, in the order in which a team would live it.
let machine: Machine
let folder: string
let url: string
let written = 0

beforeAll(async () => {
  if (lacks('postgres')) return
  machine = await Machine.make()
  folder = copyExample('communityrule', machine)
})
afterAll(() => machine?.close())
let failed: string | undefined
/** Each leans on those before it: after a failure the rest would only be noise. */
function step(title: string, run: () => Promise<void>): void {
  needs('postgres').test(title, async () => {
    if (failed) throw new Error(`not looked at, since this failed: ${failed}`)
    try {
      await run()
    } catch (error) {
      failed = title
      throw error
    }
  })
}

const edit = (file: string, from: string | RegExp, to: string) => {
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  expect(text, `${file} has no ${from}`).toMatch(from)
  writeFileSync(path, text.replace(from, to))
}
/** The newest link to an address, as the command line shows it. */
const mailedLink = (email: string) =>
  until('the link is mailed', async () => {
    const { messages } = await machine.json<OpAnswers['mail-list']>(['mail', 'list'], { cwd: folder })
    const found = messages.find((m) => m.to.includes(email))
    if (!found) return undefined
    return (await machine.json<OpAnswers['mail-show']>(['mail', 'show', String(found.id)], { cwd: folder })).links[0]
  })
const health = async () => (await fetch(`${url}/api/health`)).json()

step('the first `up` brings the app with its database, under a URL that any program can open', async () => {
  const { code, end } = await machine.up(folder)
  expect(end?.error).toBeUndefined()
  expect(code).toBe(0)
  expect(end?.state).toBe('done')
  url = end?.urls[0]?.url ?? ''
  expect(url).toMatch(/^http:\/\/localhost:\d+$/)
  expect(await health()).toEqual({ ok: true, database: 'connected' })
})

step('the plan after it is empty, and `up` again does nothing', async () => {
  const { plan } = await machine.json<{ plan: { stages: unknown[] } }>(['plan'], { cwd: folder })
  expect(plan.stages).toEqual([])
  const before = await machine.app()
  await machine.must(['up', '--yes'], { cwd: folder })
  expect(await machine.app()).toMatchObject({
    release: before.release,
    components: before.components.map(({ name }) => ({ name })),
  })
})

step('a value of the environment is a release of its own, without a build', async () => {
  await machine.must(['env', 'set', 'RATE_LIMIT=0', 'BENCH=1'], { cwd: folder })
  const { events, code } = await machine.up(folder)
  expect(code).toBe(0)
  expect(events.some((e) => e.type === 'step' && e.what === 'build')).toBe(false)
  expect((await fetch(`${url}/api/slow?ms=1`)).status).toBe(200)
})

step('under load a new release, a broken one and the way back fail no request and lose no row', async () => {
  const load = await startLoad({
    url,
    clients: 8,
    pauseMs: 20,
    reads: ['/', '/api/rules', '/api/health', '/api/templates'],
    write: { path: '/api/rules', body: { summary: 'Under load.', sections: { decisions: 'By consent.' } } },
    slow: { clients: 4, path: '/api/slow?ms=2000' },
    sockets: { count: 50, path: '/api/live' },
  })
  const first = (await machine.app()).release
  edit('src/views/home.ts', /<h1>[^<]*</, '<h1>Decide together, at last.<')
  const better = await machine.up(folder)
  expect(better.code).toBe(0)
  expect(better.end?.serving).not.toBe(first)
  expect(await (await fetch(url)).text()).toContain('Decide together, at last.')

  edit('src/templates.ts', 'from template_facets where', 'from template_facet where')
  const broken = await machine.up(folder)
  expect(broken.code).toBe(1)
  expect(broken.end).toMatchObject({ state: 'undone', serving: better.end?.serving, error: { code: 'E_SMOKE' } })
  expect(await (await fetch(url)).text()).toContain('Decide together, at last.')

  await machine.must(['rollback', '--yes'], { cwd: folder })
  expect((await machine.app()).release).toBe(first)
  expect(await (await fetch(url)).text()).not.toContain('Decide together, at last.')

  const result = await load.stop()
  const rows = await countWritten(url)
  expect(result.failures).toEqual([])
  expect(result.failed).toBe(0)
  expect(result.sockets.refused).toBe(0)
  expect(rows.twice).toEqual([])
  expect([...rows.titles].sort()).toEqual(result.accepted.sort())
  expect(result.accepted.length).toBeGreaterThan(20)
  written = rows.rows
})

step('logs are there, also of releases that are gone', async () => {
  const { stdout } = await machine.must(['logs', '--lines', '200'], { cwd: folder })
  expect(stdout).toMatch(/listen/i)
})

step('a command runs beside the app, with its environment and its database', async () => {
  const code = "console.log('exec', new URL(process.env.CLOUDRON_POSTGRESQL_URL).protocol)"
  const { stdout } = await machine.must(['exec', 'web', '--', 'node', '-e', code], { cwd: folder })
  expect(stdout).toContain('exec postgres')
})

step('no secret stands in what the command line prints or in what the journal keeps', async () => {
  const { stdout } = await machine.must(
    ['exec', 'web', '--', 'node', '-e', 'console.log(new URL(process.env.CLOUDRON_POSTGRESQL_URL).password)'],
    { cwd: folder },
  )
  const password = stdout.trim()
  expect(password.length).toBeGreaterThan(12)
  for (const args of [['ps'], ['runs'], ['plan'], ['env', 'list'], ['logs'], ['doctor']]) {
    const said = await machine.run([...args, '--json'], { cwd: folder })
    expect(`${said.stdout}${said.stderr}`, args.join(' ')).not.toContain(password)
  }
  for (const file of ['state.db', 'state.db-wal', 'logs/daemon.log']) {
    const path = join(machine.home, file)
    if (existsSync(path)) expect(readFileSync(path, 'latin1').includes(password), file).toBe(false)
  }
})

step('`down` keeps the data, and `up` finds it', async () => {
  edit('src/templates.ts', 'from template_facet where', 'from template_facets where')
  await machine.must(['down', '--yes'], { cwd: folder })
  const gone = await fetch(`${url}/api/health`).catch(() => undefined)
  expect(gone?.status).not.toBe(200)
  await machine.must(['up', '--yes'], { cwd: folder })
  url = await machine.url()
  expect(await health()).toEqual({ ok: true, database: 'connected' })
  expect((await countWritten(url)).rows).toBe(written)
})

step('the app’s own tests of its API pass on this database', async () => {
  const { stdout } = await machine.must(['exec', 'web', '--', 'node', '-p', 'process.env.CLOUDRON_POSTGRESQL_URL'], {
    cwd: folder,
  })
  const redis = await startRedis()
  const env = { ...machine.env, DATABASE_URL: stdout.trim(), ...(redis && { REDIS_URL: redis.url }) }
  for (const args of [
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    ['run', 'test:api'],
  ]) {
    const { status, stdout: out, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', env })
    expect(status, `npm ${args.join(' ')}\n${out.slice(-3000)}${stderr}`).toBe(0)
  }
  redis?.stop()
})

/** Where the machine has one: the app's limits are then counted for two instances together. */
async function startRedis(): Promise<{ url: string; stop(): void } | undefined> {
  const program = findProgram('redis-server', 'valkey-server')
  if (!program) return undefined
  const port = await freePort()
  const child = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' })
  await until('Redis listens', () => canConnect(port))
  return { url: `redis://127.0.0.1:${port}`, stop: () => void child.kill() }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

step('the smoke checklist signs in by a mailed link, and says what a person has to sign', async () => {
  await machine.must(['run', 'web.seed', '--yes'], { cwd: folder })
  const answer = await machine.run(['smoke', '--json'], { cwd: folder })
  const { results } = JSON.parse(answer.stdout) as OpAnswers['smoke']
  const states = Object.fromEntries(results.map((r) => [r.name, r.isPassed]))
  expect(states, answer.stdout).toMatchObject({
    healthy: true,
    'the mailed link signs in': true,
    'a stranger uploads nothing': true,
    'templates are seeded': true,
  })
})

needs('postgres', 'chromium').test('a person with a browser gets along', async () => {
  expect(failed).toBeUndefined()
  const { chromium } = await import('playwright-core')
  const { journey } = await import('../journeys/communityrule.ts')
  const browser = await chromium.launch({
    executablePath: findProgram('chromium', 'google-chrome') ?? '',
    args: ['--no-sandbox'],
  })
  try {
    const { slug } = await journey(url, await browser.newPage(), mailedLink)
    expect((await fetch(`${url}/rules/${slug}`)).status).toBe(200)
  } finally {
    await browser.close()
  }
})
