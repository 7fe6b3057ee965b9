import { spawn } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findProgram, lacks, majorsOfSystem, needs } from '../capabilities.ts'
import { cli, Machine, until } from './helpers.ts'

// One app that leans on all five, and its environments say whose they are: the component is the same everywhere.
let machine: Machine
let folder: string
const major = () => majorsOfSystem()[0] ?? '18'

beforeAll(async () => {
  if (lacks('postgres') || lacks('redis')) return
  machine = await Machine.make()
  folder = join(machine.folder, 'leaning')
  writeApp(folder)
})
afterAll(() => machine?.close())

/** What the component is given, as it says itself. */
async function given(environment: string): Promise<Record<string, string>> {
  const program = 'console.log(JSON.stringify(process.env))'
  const { stdout } = await machine.must(['exec', 'web', '--env', environment, '--', 'node', '-e', program], { cwd: folder })
  return JSON.parse(stdout)
}
const up = async (environment: string) => {
  const { code, end } = await machine.up(folder, [
    '--env',
    environment,
    ...(environment === 'production' ? ['--yes=leaning'] : []),
  ])
  expect(end?.error).toBeUndefined()
  expect(code).toBe(0)
}
const clientOf = (env: Record<string, string>) =>
  new S3Client({
    endpoint: env.S3_ENDPOINT!,
    region: env.S3_REGION!,
    credentials: { accessKeyId: env.S3_KEY!, secretAccessKey: env.S3_SECRET! },
    maxAttempts: 1,
  })
const NAMES = ['DB_HOST', 'DB_PORT', 'DB_USER', 'DB_PASSWORD', 'DB_NAME', 'DATABASE_URL', 'READ_URL', 'POOL']

needs('postgres', 'redis').describe('resources', () => {
  test('embedded: every type runs here, with what each of its outputs says', async () => {
    await up('local')
    const env = await given('local')
    for (const name of NAMES) expect(env[name], name).toMatch(/./)
    const client = new pg.Client({ connectionString: env.DATABASE_URL })
    await client.connect()
    await client.query('create table kept (x int); insert into kept values (7)')
    const version = await client.query<{ v: string }>(`select current_setting('server_version') as v`)
    expect(version.rows[0]?.v).toMatch(new RegExp(`^${major()}\\.`))
    await client.end()
    expect(env).toMatchObject({ POOL: '4', KIND: 'volume', DB_NAME: 'app', SMTP_FROM: 'hello@example.org' })
    expect(env.MEDIA_PATH).toBe(env.UPLOADS)
    expect(env.R2_BUCKET).toBeUndefined()
    await clientOf(env).send(new PutObjectCommand({ Bucket: env.S3_BUCKET, Key: 'kept', Body: 'kept' }))
    const { volumes } = await machine.app('leaning')
    expect(volumes?.map((v) => v.name)).toEqual(['cache-data', 'db-data', 'files-data', 'mail-messages', 'uploads'])
    expect(volumes?.find((v) => v.name === 'db-data')?.bytes).toBeGreaterThan(10_000_000)
    const { stdout } = await machine.must(['ps'], { cwd: folder })
    expect(stdout).toMatch(/volumes: .*db-data \d+ MiB, .*uploads .* of 10 GiB/s)
    expect(statSync(env.UPLOADS!).mode & 0o7777).toBe(0o770)
  })

  test('the role for reading reads and does not write', async () => {
    const client = new pg.Client({ connectionString: (await given('local')).READ_URL })
    await client.connect()
    try {
      expect((await client.query('select x from kept')).rows).toEqual([{ x: 7 }])
      await client.query('set default_transaction_read_only = off')
      await expect(client.query('insert into kept values (8)')).rejects.toMatchObject({ code: '42501' })
    } finally {
      await client.end()
    }
  })

  test('redis has its password, keeps what is written over a restart, and reads the file that the manifest names', async () => {
    const before = await given('local')
    const put = await fetch(`${(await machine.app('leaning')).urls[0]?.url}/redis?SET&greeting&hello`)
    expect(await put.text()).toBe('+OK')
    await machine.must(['down', '--yes'], { cwd: folder })
    await up('local')
    const url = (await machine.app('leaning')).urls[0]?.url
    const say = async (query: string) => (await fetch(`${url}/redis?${query}`)).text()
    expect(await say('GET&greeting')).toBe('hello')
    expect(await say('CONFIG&GET&maxmemory-policy')).toContain('allkeys-lru')
    expect((await given('local')).REDIS_URL).toBe(before.REDIS_URL)
    expect(await (await fetch(`${url}/redis?GET&greeting&anonymous`)).text()).toContain('NOAUTH')
  })

  needs('system-postgres').test('the distribution’s server takes the same data over, and gives it back', async () => {
    const set = (server: string) => writeApp(folder, { server })
    set('system')
    await up('local')
    const sql = async (query: string) =>
      JSON.parse((await machine.must(['exec', 'db', '--json', '-c', query], { cwd: folder })).stdout)[0].rows
    expect(await sql('select x from kept')).toEqual([{ x: 7 }])
    const ps = (await machine.app('leaning')).components.find((c) => c.name === 'db')
    expect(machine.commandOf(ps!.instances[0]!.pid!)).toContain('postgres')
    await sql('insert into kept values (8)')
    set('embedded')
    await up('local')
    expect(await sql('select count(*)::int as n from kept')).toEqual([{ n: 2 }])
  })

  test('of somebody else: the same component, addresses from the store, and nothing runs here', async () => {
    const local = await given('local')
    const values = {
      OWN_DATABASE: local.DATABASE_URL!,
      OWN_DATABASE_READ: local.READ_URL!,
      OWN_REDIS: local.REDIS_URL!,
      OWN_S3: local.S3_ENDPOINT!,
      OWN_S3_KEY: local.S3_KEY!,
      OWN_S3_SECRET: local.S3_SECRET!,
      OWN_RELAY: 'smtp://me%40example.org:p%40ss@relay.example:2525',
      CLOUDFLARE_R2_ACCOUNT_ID: 'a'.repeat(32),
      CLOUDFLARE_R2_BUCKET_NAME: 'flick',
      CLOUDFLARE_R2_ACCESS_KEY_ID: 'key',
    }
    const set = (pairs: Record<string, string>) =>
      machine.must(['env', 'set', '--env', 'production', ...Object.entries(pairs).map(([k, v]) => `${k}=${v}`)], { cwd: folder })
    await set(values)
    // Three of the four that a bucket needs.
    const refused = await machine.run(['plan', '--env', 'production', '--json'], { cwd: folder })
    expect(refused.code).not.toBe(0)
    expect(refused.stdout + refused.stderr).toContain('CLOUDFLARE_R2_SECRET_ACCESS_KEY')
    await set({ CLOUDFLARE_R2_SECRET_ACCESS_KEY: 'secret', CLOUDFLARE_R2_CUSTOM_DOMAIN: 'media.flick.example' })
    await up('production')
    const env = await given('production')
    for (const name of NAMES) expect(env[name], name).toBe(local[name])
    expect(env).toMatchObject({
      REDIS_URL: local.REDIS_URL,
      CACHE_PASSWORD: local.CACHE_PASSWORD,
      SMTP_HOST: 'relay.example',
      SMTP_PORT: '2525',
      SMTP_USER: 'me@example.org',
      SMTP_PASSWORD: 'p@ss',
      KIND: 'bucket',
      R2_BUCKET: 'flick',
      R2_ENDPOINT: `https://${'a'.repeat(32)}.r2.cloudflarestorage.com`,
      R2_PUBLIC: 'https://media.flick.example',
    })
    const object = await clientOf(env).send(new GetObjectCommand({ Bucket: env.S3_BUCKET, Key: 'kept' }))
    expect(await object.Body?.transformToString()).toBe('kept')
    const app = (await machine.ps()).apps.find((a) => a.environment === 'production')
    expect(app?.components.map((c) => c.name)).toEqual(['web'])
  })

  test('exec db: one question, statements from a pipe, a table for people; the first failure ends it', async () => {
    const run = (args: string[], input?: string, env: Record<string, string> = {}) =>
      machine.run(['exec', 'db', ...args], { cwd: folder, ...(input !== undefined && { input }), env })
    // Where psql is there, it is the one.
    for (const env of [{}, { PATH: '/nowhere' }] as Record<string, string>[]) {
      const asked = await run(['-c', 'select min(x) as least from kept'], undefined, env)
      expect(asked.stderr).toBe('')
      expect(asked.stdout).toMatch(/least[\s\S]*7[\s\S]*\(1 row\)/)
      const piped = await run([], `insert into kept values (9); -- a remark; and more\nselect 'a;b' as text;\n`, env)
      expect([piped.code, piped.stdout]).toEqual([0, expect.stringContaining('a;b')])
      const failing = await run([], 'select 1/0; insert into kept values (99);', env)
      expect(failing.code).not.toBe(0)
      expect(failing.stderr).toContain('division by zero')
      const reading = await run(['--readonly', '-c', 'delete from kept'], undefined, env)
      expect([reading.code, reading.stderr]).toEqual([expect.any(Number), expect.stringMatching(/read-only|permission denied/)])
      expect(reading.code).not.toBe(0)
    }
    const small = await run(['-c', 'select x, null as nothing from kept where x = 7'], undefined, { PATH: '/nowhere' })
    expect(small.stdout).toBe('+---+---------+\n| x | nothing |\n+---+---------+\n| 7 |         |\n+---+---------+\n(1 row)\n')
    const tables = await run(['-c', '\\dt'], undefined, { PATH: '/nowhere' })
    expect(tables.stdout).toMatch(/public +\| kept +\| table/)
    expect(JSON.parse((await run(['--json', '-c', '\\d kept'])).stdout)[0].rows).toMatchObject([{ column: 'x', type: 'integer' }])
    const json = await run(['--json', '-c', 'select 1 as a; select true as b'])
    expect(JSON.parse(json.stdout).map((r: { rows: unknown }) => r.rows)).toEqual([[{ a: 1 }], [{ b: true }]])
    expect(JSON.parse((await run(['--json', '-c', 'select count(*)::int as n from kept where x = 99'])).stdout)[0].rows).toEqual([
      { n: 0 },
    ])
  })

  needs('script').test('exec db: a person at a terminal asks, errs, and goes on', async () => {
    const line = [process.execPath, cli, 'exec', 'db'].map((word) => `'${word}'`).join(' ')
    // Without psql on PATH it is the small shell.
    const child = spawn(findProgram('script')!, ['-qec', `env PATH=/nowhere ${line}`, '/dev/null'], {
      cwd: folder,
      env: machine.env,
    })
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      shown += text
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    await until('it asks', () => shown.includes('db=> '))
    child.stdin.write('select nope;\nselect x\nfrom kept where x = 7;\n\\d kept\n')
    await until('it answers', () => /\| column +\|/.test(shown))
    expect(shown).toContain('column "nope" does not exist')
    expect(shown).toContain('| 7 |')
    child.stdin.write('\\q\n')
    expect(await ended).toBe(0)
  })

  test('in a protected environment it reads, until more is asked for', async () => {
    const exec = (args: string[]) => machine.run(['exec', 'db', '--env', 'production', ...args], { cwd: folder })
    const careful = await exec(['-c', 'insert into kept values (10)'])
    expect(careful.code).not.toBe(0)
    expect((await exec(['--write', '-c', 'insert into kept values (10)'])).code).toBe(0)
    const unknown = await exec(['--readonly', '--write'])
    expect(unknown.code).toBe(2)
    const other = await machine.run(['exec', 'nothing', '--json'], { cwd: folder })
    expect(other.stderr + other.stdout).toContain('E_UNKNOWN_REF')
  })

  test('no password of a resource stands in an argument, a plan or a journal', async () => {
    const { DB_PASSWORD: password = '' } = await given('local')
    for (const pid of machine.processes()) expect(machine.commandOf(pid)).not.toContain(password)
    for (const args of [['ps'], ['plan'], ['runs'], ['logs'], ['env', 'list']]) {
      const said = await machine.run([...args, '--json'], { cwd: folder })
      expect(said.stdout + said.stderr, args.join(' ')).not.toContain(password)
    }
  })
})

function writeApp(folder: string, { server = 'embedded' } = {}): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'redis.conf'), 'maxmemory-policy allkeys-lru\n')
  writeFileSync(join(folder, 'server.mjs'), SERVER)
  writeFileSync(
    join(folder, 'landfall.yaml'),
    `app: leaning
components:
  web:
    type: web
    build: { type: command, command: [node, --version], output: . }
    run: node server.mjs
    health: { path: /health, grace: 10s }
    mounts: [uploads]
routes:
  - { host: leaning.example, to: web }
resources:
  db: { type: postgres, version: ${major()}, server: ${server}, pool: 4, extensions: [pg_trgm] }
  cache: { type: redis, config: redis.conf, maxMemory: 64Mi }
  mail: { type: mail, from: hello@example.org }
  media: { type: bucket, provider: r2, fallback: { volume: uploads }, prefixes: { media/: { backup: true } } }
  files: { type: bucket }
  uploads: { type: volume, writers: many, mode: "0770", size: 10Gi }
env:
  DATABASE_URL: { from: db.url }
  READ_URL: { from: db.readonlyUrl }
  DB_HOST: { from: db.host }
  DB_PORT: { from: db.port }
  DB_USER: { from: db.user }
  DB_PASSWORD: { from: db.password }
  DB_NAME: { from: db.database }
  POOL: { from: db.poolSize }
  REDIS_URL: { from: cache.url }
  CACHE_PASSWORD: { from: cache.password }
  SMTP_HOST: { from: mail.host }
  SMTP_PORT: { from: mail.port }
  SMTP_USER: { from: mail.user }
  SMTP_PASSWORD: { from: mail.password }
  SMTP_FROM: { from: mail.from }
  KIND: { from: media.kind }
  R2_BUCKET: { from: media.name }
  R2_ENDPOINT: { from: media.endpoint }
  R2_PUBLIC: { from: media.publicUrl }
  S3_ENDPOINT: { from: files.endpoint }
  S3_REGION: { from: files.region }
  S3_BUCKET: { from: files.name }
  S3_KEY: { from: files.accessKey }
  S3_SECRET: { from: files.secretKey }
  MEDIA_PATH: { from: media.path }
  UPLOADS: { from: uploads.path }
environments:
  production:
    protect: true
    hosts: { leaning.example: www.leaning.example }
    env:
      OWN_DATABASE: { secret: true }
      OWN_DATABASE_READ: { secret: true }
      OWN_REDIS: { secret: true }
      OWN_RELAY: { secret: true }
      OWN_S3: {}
      OWN_S3_KEY: {}
      OWN_S3_SECRET: { secret: true }
    resources:
      db: { url: { env: OWN_DATABASE }, readonlyUrl: { env: OWN_DATABASE_READ }, extensions: [] }
      cache: { url: { env: OWN_REDIS } }
      mail: { relay: { env: OWN_RELAY } }
      files: { endpoint: { env: OWN_S3 }, region: auto, bucket: files, accessKey: { env: OWN_S3_KEY }, secretKey: { env: OWN_S3_SECRET } }
`,
  )
}

/** Says what it was given, and passes words on to Redis, with its password or as a stranger. */
const SERVER = `import { createServer } from 'node:http'
import { connect } from 'node:net'
const command = (words) => '*' + words.length + '\\r\\n' + words.map((w) => '$' + w.length + '\\r\\n' + w + '\\r\\n').join('')
function ask(words, isStranger) {
  const { hostname, port, password } = new URL(process.env.REDIS_URL)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('error', reject)
    socket.on('data', (chunk) => { text += chunk })
    socket.on('close', () => resolve(text))
    const all = [...(isStranger ? [] : [['AUTH', password]]), words, ['QUIT']]
    socket.write(all.map(command).join(''))
  })
}
createServer(async (request, response) => {
  const { pathname, search } = new URL(request.url, 'http://x')
  if (pathname !== '/redis') return response.end('ok')
  const words = search.slice(1).split('&')
  const isStranger = words.at(-1) === 'anonymous' && words.pop() !== ''
  const lines = (await ask(words, isStranger)).split('\\r\\n')
  const answers = (isStranger ? lines : lines.slice(1)).filter((line) => line !== '' && line !== '+OK' && !/^[$*]/.test(line))
  response.end(answers.join('\\n') || '+OK')
}).listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
`
