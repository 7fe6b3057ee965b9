import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { PYTHON_TOOL } from '../../src/translate/image/tool-python.ts'
import { needs } from '../capabilities.ts'
import { Machine, repositoryFolder } from './helpers.ts'

// Dockerfiles that an export wrote, built and run by a real engine on stand-ins for the images that they name. `cloudron` stands
// for what its docs say of containers: started as root, read-only but for /app/data, /run and /tmp.
needs('docker', 'images').describe('images that are exported', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lf-images-'))
  const id = basename(folder).toLowerCase()
  const names = new Set<string>()
  let machine: Machine

  beforeAll(async () => {
    machine = await Machine.make()
    docker('network', 'create', id)
    start('db', ['-e', 'POSTGRES_PASSWORD=pw'], 'postgres:17')
    start('cache', [], 'redis:7')
    const login = ['psql', `--dbname=${database('postgres').replace(`${id}-db`, '127.0.0.1')}`, '--command=select 1']
    await vi.waitFor(() => expect(docker('exec', `${id}-db`, ...login).code).toBe(0), { timeout: 60_000, interval: 300 })
  })
  afterAll(async () => {
    if (names.size > 0) docker('rm', '--force', '--volumes', ...[...names].map((n) => `${id}-${n}`))
    docker('volume', 'rm', '--force', `${id}-data`)
    docker('network', 'rm', id)
    docker('image', 'rm', '--force', `${id}-web`, `${id}-server`, `${id}-cloudron`, `${id}-site`)
    await machine.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const database = (name: string) => `postgres://postgres:pw@${id}-db:5432/${name}`
  /** The database for mail too: the entrypoint only asks whether somebody listens there. */
  const mail = { SERVER: `${id}-db`, PORT: '5432', USERNAME: 'app', PASSWORD: 'pw' }
  const communityRule = (name: string) => ({
    CLOUDRON_POSTGRESQL_URL: database(name),
    ...Object.fromEntries(Object.entries(mail).map(([part, value]) => [`CLOUDRON_MAIL_SMTP_${part}`, value])),
    SMTP_FROM: 'hello@communityrule.info',
    SESSION_SECRET: '0123456789abcdef0123456789abcdef',
  })

  needs().test(
    'CommunityRule: two containers at once release once, both become healthy, and nobody in them is root',
    async () => {
      const app = await exported('communityrule', 'dockerfile')
      build(app, 'Dockerfile', 'web')
      make('one')
      for (const name of ['web-a', 'web-b']) start(name, env(communityRule('one')), `${id}-web`)
      await healthy('web-a')
      await healthy('web-b')
      const said = `${logs('web-a')}\n${logs('web-b')}`
      expect(said.match(/landfall: migrate: nothing to do/g)).toHaveLength(1)
      expect(docker('exec', `${id}-web-a`, 'id', '-u').said.trim()).toBe('1001')
      expect(docker('exec', `${id}-web-a`, 'touch', '/app/x').code).not.toBe(0)
      docker('stop', `${id}-web-a`)
      // Ended by itself after SIGTERM, and not by force.
      expect(docker('inspect', '--format', '{{.State.ExitCode}}', `${id}-web-a`).said.trim()).toBe('0')
    },
  )

  needs().test('what is missing, too short or refused ends the container, and says so without the value', () => {
    const run = (values: Record<string, string>) => docker('run', '--rm', '--network', id, ...env(values), `${id}-web`)
    const missing = run({ SESSION_SECRET: '0123456789abcdef' })
    expect([missing.code, missing.said]).toEqual([78, expect.stringContaining('not set: CLOUDRON_POSTGRESQL_URL')])
    const short = run({ ...communityRule('one'), SESSION_SECRET: 'hunter2' })
    expect([short.code, short.said]).toEqual([78, expect.stringContaining('SESSION_SECRET must have 16 characters')])
    const wrong = run({ ...communityRule('one'), CLOUDRON_POSTGRESQL_URL: `postgres://postgres:hunter2@${id}-db/one` })
    expect([wrong.code, wrong.said]).toEqual([1, expect.stringContaining('refuses the login')])
    expect(short.said + wrong.said).not.toContain('hunter2')
  })

  needs().test('a task runs in the image without a release', () => {
    const seed = docker(
      'run',
      '--rm',
      '--network',
      id,
      ...env({ ...communityRule('one'), LANDFALL_PREPARE: 'no' }),
      `${id}-web`,
      'node',
      'seed.js',
    )
    expect(seed.code, seed.said).toBe(0)
    expect(seed.said).not.toContain('migrate')
  })

  needs().test('the server of Flick, from a workspace, becomes healthy with PostgreSQL and Redis', async () => {
    const app = await exported('flick', 'dockerfile')
    build(app, 'server.Dockerfile', 'server')
    make('flick')
    const secret = '0123456789abcdef0123456789abcdef'
    const values = { DATABASE_URL: database('flick'), REDIS_URL: `redis://${id}-cache:6379`, BETTER_AUTH_SECRET: secret }
    start('server', env(values), `${id}-server`)
    await healthy('server')
    // Only what is shipped: no packages, no sources of the others.
    expect(docker('exec', `${id}-server`, 'sh', '-c', 'ls -d node_modules /app/web /app/admin 2>/dev/null').said.trim()).toBe('')
  })

  needs().test('a Cloudron container: read-only, started as root and left to the app, with secrets that stay', async () => {
    const app = await exported('communityrule', 'cloudron')
    build(app, 'Dockerfile.cloudron', 'cloudron')
    make('cloudron')
    const { SESSION_SECRET: _, ...given } = communityRule('cloudron')
    const readOnly = ['--read-only', '--tmpfs', '/tmp', '--tmpfs', '/run', '-v', `${id}-data:/app/data`]
    const more = { CLOUDRON: '1', CLOUDRON_APP_ORIGIN: 'https://communityrule.info', CLOUDRON_APP_DOMAIN: 'communityrule.info' }
    start('cloudron', [...readOnly, ...env({ ...given, ...more })], `${id}-cloudron`)
    await asked('cloudron')
    expect(docker('exec', `${id}-cloudron`, 'sh', '-c', 'stat -c %U /proc/1').said.trim()).toBe('app')
    const secret = () => docker('exec', `${id}-cloudron`, 'sha256sum', '/app/data/.secrets/SESSION_SECRET').said.split(' ')[0]
    const before = secret()
    docker('restart', `${id}-cloudron`)
    await asked('cloudron')
    expect(secret()).toBe(before)
    const seen = docker('exec', '--user', 'app', `${id}-cloudron`, 'cat', '/app/data/.secrets/SESSION_SECRET')
    expect(seen.code).not.toBe(0)
    expect(
      docker('exec', `${id}-cloudron`, 'env', 'LANDFALL_PREPARE=no', '/bin/sh', '/landfall/start.sh', 'node', 'seed.js').code,
    ).toBe(0)
  })

  needs().test('static files are served by nginx under an ordinary user, on a disk that is read-only', async () => {
    const app = join(folder, 'bookshop')
    cpSync(join(repositoryFolder, 'src/targets/dockerfile/fixtures/write/bookshop'), app, { recursive: true })
    mkdirSync(join(app, 'site/assets'))
    writeFileSync(join(app, 'site/assets/a.js'), '')
    await machine.must(['export', 'dockerfile', '-C', app])
    build(join(app, 'site'), 'Dockerfile', 'site')
    start('site', ['--read-only', '--tmpfs', '/tmp'], `${id}-site`)
    const ask = (path: string) => {
      const answer = docker('exec', `${id}-site`, 'curl', '-s', '-o', '/dev/null', '-D', '-', `http://127.0.0.1:8080${path}`)
      const header = (name: string) => new RegExp(`^${name}: (.*)\r$`, 'im').exec(answer.said)?.[1]
      return { status: Number(answer.said.split(' ')[1]), cache: header('cache-control'), to: header('location') }
    }
    await vi.waitFor(() => expect(ask('/books/')).toMatchObject({ status: 200, cache: 'no-cache' }), { timeout: 30_000 })
    expect(ask('/books/a/deep/link')).toMatchObject({ status: 200 })
    expect(ask('/books/assets/a.js')).toMatchObject({ status: 200, cache: expect.stringContaining('immutable') })
    expect(ask('/old')).toMatchObject({ status: 301, to: '/new' })
    expect(docker('exec', `${id}-site`, 'id', '-u').said.trim()).toBe('1001')
  })

  needs().test('in Python images the same program logs in, holds the lock and does once what is to be done once', () => {
    make('python')
    const url = database('python')
    const tool = (values: Record<string, string>, ...args: string[]) =>
      docker(
        'run',
        '--rm',
        '--network',
        id,
        '-v',
        `${script}:/landfall.py:ro`,
        ...env(values),
        'python:3.11-slim-bookworm',
        'python',
        '/landfall.py',
        ...args,
      )
    const script = join(folder, 'landfall.py')
    writeFileSync(script, PYTHON_TOOL)
    const both = { DATABASE_URL: url, REDIS_URL: `redis://${id}-cache:6379`, HOST: `${id}-db`, PORT: '5432' }
    expect(tool(both, 'wait', 'DATABASE_URL', 'REDIS_URL', 'HOST:PORT')).toMatchObject({ code: 0 })
    const wrong = tool({ DATABASE_URL: url.replace(':pw@', ':hunter2@'), LANDFALL_WAIT: '2' }, 'wait', 'DATABASE_URL')
    expect(wrong.code).not.toBe(0)
    expect(wrong.said).toContain('password authentication failed')
    expect(wrong.said).not.toContain('hunter2')
    expect(tool({ DATABASE_URL: url }, 'lock', 'DATABASE_URL', 'x', '--', 'sh', '-c', 'exit 7').code).toBe(7)
    const once = () => tool({ DATABASE_URL: url }, 'once', 'DATABASE_URL', "it's", '--', 'echo', 'done now')
    expect([once(), once()]).toMatchObject([
      { code: 0, said: expect.stringContaining('done now') },
      { code: 0, said: '' },
    ])
    const rules = JSON.stringify({ KEY: { minLength: 8, pattern: 'a+' } })
    expect(tool({ KEY: 'aaaaaaaa' }, 'env', rules).code).toBe(0)
    expect(tool({ KEY: 'bbb' }, 'env', rules)).toMatchObject({ code: 78, said: expect.not.stringContaining('bbb') })
  })

  async function exported(example: string, target: string): Promise<string> {
    const app = join(folder, `${example}-${target}`)
    const isWanted = (path: string) => !/\/(node_modules|dist)$/.test(path)
    cpSync(join(repositoryFolder, 'examples', example), app, { recursive: true, filter: isWanted })
    await machine.must(['export', target, '-C', app, '--env', 'staging'])
    return app
  }

  function build(app: string, file: string, name: string): void {
    // Builds go out by the network of the machine, which may have no other way out.
    const done = docker('build', '--network', 'host', '-f', join(app, file), '-t', `${id}-${name}`, app)
    expect(done.code, done.said.slice(-4000)).toBe(0)
  }
  function make(name: string): void {
    const create = ['exec', `${id}-db`, 'createdb', '--username', 'postgres', '--host', '127.0.0.1', name]
    const done = docker('exec', '-e', 'PGPASSWORD=pw', ...create.slice(1))
    expect(done.code, done.said).toBe(0)
  }
  function start(name: string, args: string[], image: string): void {
    names.add(name)
    const done = docker('run', '--detach', '--name', `${id}-${name}`, '--network', id, ...args, image)
    expect(done.code, done.said).toBe(0)
  }
  const env = (values: Record<string, string>) => Object.entries(values).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const logs = (name: string) => docker('logs', `${id}-${name}`).said
  async function healthy(name: string): Promise<void> {
    const state = () => docker('inspect', '--format', '{{.State.Health.Status}}', `${id}-${name}`).said.trim()
    await vi.waitFor(() => expect(state(), logs(name)).toBe('healthy'), { timeout: 120_000, interval: 500 })
  }
  /** By the same program, since Cloudron itself would ask from outside. */
  async function asked(name: string): Promise<void> {
    const ask = () =>
      docker('exec', `${id}-${name}`, 'node', '/landfall/landfall.mjs', 'health', '{"path":"/api/health","status":200}')
    await vi.waitFor(() => expect(ask().code, logs(name)).toBe(0), { timeout: 120_000, interval: 500 })
  }
})

function docker(...args: string[]): { code: number | null; said: string } {
  // What is written needs nothing of the newer builder.
  const env = { ...process.env, DOCKER_BUILDKIT: '0' }
  const done = spawnSync('docker', args, { encoding: 'utf8', env, timeout: 280_000 })
  return { code: done.status, said: `${done.stdout}${done.stderr}` }
}
