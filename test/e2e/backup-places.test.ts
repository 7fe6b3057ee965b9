import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpAnswers } from '../../src/ops/contract.ts'
import { startS3Server } from '../../src/resources/bucket/server/s3-server.ts'
import postgres from '../../src/resources/postgres/index.ts'
import { freePort, Server } from '../../src/resources/postgres/server.harness.ts'
import { Connection } from '../../src/resources/redis/snapshot/connection.ts'
import { majorsOfSystem, needs } from '../capabilities.ts'
import { newFolder, removeFolder } from '../server-bench.ts'
import { writeApp } from './an-app.ts'
import { Machine, until } from './helpers.ts'

type List = OpAnswers['backup-list']

const KEYS = { accessKey: 'landfall-backups', secretKey: 'Kq3vX9dLr2Kq3vX9dLr2' }
const AWS = { AWS_ACCESS_KEY_ID: KEYS.accessKey, AWS_SECRET_ACCESS_KEY: KEYS.secretKey }

/** Writes to SQLite all the time, as the only one that writes to its volume. */
const WRITER = `import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
const db = new DatabaseSync(process.env.BOOKS + '/books.db')
db.exec('pragma journal_mode = wal; create table if not exists entry (id integer primary key, text text)')
db.exec('create table if not exists total (n int); insert into total select 0 where not exists (select * from total)')
const timer = setInterval(() => {
  db.exec("begin; insert into entry (text) values (hex(randomblob(200))); update total set n = n + 1; commit")
}, 2)
const server = createServer(({ url }, response) => {
  if (url !== '/books') return response.end(url === '/greeting' ? 'welcome' : 'ok')
  const { n } = db.prepare('select n from total').get()
  const { rows } = db.prepare('select count(*) as rows from entry').get()
  response.end(JSON.stringify({ n, rows, check: db.prepare('pragma integrity_check').get().integrity_check }))
})
server.listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => { clearInterval(timer); process.exit(0) }))
`
function writeKeeper(at: Machine, endpoint: string): string {
  const folder = join(at.folder, 'keeper')
  const env = {
    DATABASE_URL: 'db.url',
    REDIS_URL: 'cache.url',
    S3_ENDPOINT: 'media.endpoint',
    S3_REGION: 'media.region',
    S3_BUCKET: 'media.name',
    S3_KEY: 'media.accessKey',
    S3_SECRET: 'media.secretKey',
    BOOKS: 'books.path',
    SHARED: 'shared.path',
  }
  writeApp(folder, {
    name: 'keeper',
    component: ['mounts: [books, shared]', 'env:', ...Object.entries(env).map(([name, from]) => `  ${name}: { from: ${from} }`)],
    more: [
      'resources:',
      '  db: { type: postgres }',
      '  cache: { type: redis }',
      '  media: { type: bucket }',
      '  books: { type: volume }',
      '  shared: { type: volume, writers: many }',
      'backup:',
      '  every: 10m',
      '  keep: { count: 1 }',
      `  to: { endpoint: "${endpoint}", region: auto, bucket: backups, prefix: all/of/them, accessKey: STORE_KEY, secretKey: STORE_SECRET }`,
    ],
  })
  writeFileSync(join(folder, 'server.mjs'), WRITER)
  // This Node has SQLite, which the machine's may not have.
  const manifest = join(folder, 'landfall.yaml')
  const text = readFileSync(manifest, 'utf8').replace('[node, --version]', `[cp, ${process.execPath}, own-node]`)
  writeFileSync(manifest, text.replace('run: node', 'run: ./own-node'))
  return folder
}

async function envOf(at: Machine, cwd: string): Promise<Record<string, string>> {
  return JSON.parse((await at.must(['exec', 'web', '--', 'node', '-p', 'JSON.stringify(process.env)'], { cwd })).stdout)
}
async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // A swap ends it.
  await client.connect()
  const results = [await client.query({ text: sql, rowMode: 'array' })].flat()
  await client.end()
  return results.at(-1)!.rows.flat()
}
const list = (at: Machine, cwd: string) => at.json<List>(['backup', 'list'], { cwd })
const bucketOf = (env: Record<string, string>) =>
  new S3Client({
    endpoint: env.S3_ENDPOINT!,
    region: env.S3_REGION!,
    credentials: { accessKeyId: env.S3_KEY!, secretAccessKey: env.S3_SECRET! },
  })
const books = async (at: Machine) =>
  (await (await fetch(`${await at.url()}/books`)).json()) as { n: number; rows: number; check: string }
const volumeOf = (at: Machine, name: string) => join(at.home, 'volumes/keeper/local', name)

/** All that nobody writes to while a test runs, as whoever uses it would read it. */
async function everything(at: Machine, cwd: string) {
  const env = await envOf(at, cwd)
  const redis = await Connection.open(env.REDIS_URL!, AbortSignal.timeout(20_000))
  const keys = ((await redis.ask(['KEYS', '*'])) as Buffer[]).map(String).sort() // What KEYS answers.
  const cache = await redis.askAll([
    ['GET', 'greeting'],
    ['LRANGE', 'list', 0, -1],
    ['SELECT', 2],
    ['GET', 'binary'],
  ])
  redis.close()
  const s3 = bucketOf(env)
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: env.S3_BUCKET! }))
  const media = await Promise.all(
    Contents.filter(({ Key = '' }) => !Key.startsWith('.landfall/')).map(async ({ Key }) => {
      const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: env.S3_BUCKET!, Key }))
      return { Key, ContentType, text: await Body?.transformToString() }
    }),
  )
  s3.destroy()
  const shared = volumeOf(at, 'shared')
  const tree = readdirSync(shared, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name)
    const content = entry.isSymbolicLink() ? readlinkSync(path) : entry.isFile() ? readFileSync(path, 'base64') : ''
    return [path.slice(shared.length), entry.isSymbolicLink() ? 0 : statSync(path).mode, content]
  })
  return {
    rows: await query(env.DATABASE_URL!, `select count(*)::text, md5(string_agg(song::text, ';' order by id)) from song`),
    keys,
    cache,
    media,
    tree: tree.sort(),
  }
}

needs('postgres', 'redis').describe('backups in a bucket', () => {
  let root: string
  let store: Awaited<ReturnType<typeof startS3Server>>
  let endpoint: string
  let before: Awaited<ReturnType<typeof everything>>
  let key: string
  let id: string
  let written: number
  let machine: Machine
  let folder: string

  const inStore = async () => {
    const s3 = bucketOf({ S3_ENDPOINT: endpoint, S3_REGION: 'auto', S3_KEY: KEYS.accessKey, S3_SECRET: KEYS.secretKey })
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'backups' }))
    s3.destroy()
    return Contents.map(({ Key = '' }) => Key)
  }
  const idsInStore = async () => [...new Set((await inStore()).map((name) => name.split('/')[5]))]

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'backup-store-'))
    const credentials = KEYS
    const options = { folder: root, port: 0, name: 'backups', region: 'auto', credentials, lifetimes: [], now: () => Date.now() }
    store = await startS3Server({ ...options, say: () => {} })
    endpoint = `http://127.0.0.1:${store.port}`
  })
  afterAll(async () => {
    await machine?.close()
    await store?.stop()
    rmSync(root, { recursive: true, force: true })
  })

  test('all kinds of data go there while SQLite is written to, are proven, listed and proven once more', async () => {
    machine = await Machine.make()
    folder = writeKeeper(machine, endpoint)
    await machine.must(['up', '--yes'], { cwd: folder })
    const without = await machine.run(['backup', 'create', '--yes'], { cwd: folder })
    expect([without.code, without.stderr]).toEqual([1, expect.stringMatching(/E_MISSING: STORE_KEY[\s\S]*env set STORE_KEY/)])
    await machine.must(['env', 'set', `STORE_KEY=${KEYS.accessKey}`, `STORE_SECRET=${KEYS.secretKey}`], { cwd: folder })
    await machine.must(['up', '--yes'], { cwd: folder })
    const env = await envOf(machine, folder)
    // Whoever takes the app over cannot delete its backups.
    expect(Object.keys(env).filter((name) => name.startsWith('STORE'))).toEqual([])
    await query(
      env.DATABASE_URL!,
      `create table song (id serial primary key, title text); insert into song (title) select 'song ' || i from generate_series(1, 2000) i`,
    )
    const redis = await Connection.open(env.REDIS_URL!, AbortSignal.timeout(20_000))
    const binary = Buffer.from([0, 10, 13, 255])
    await redis.askAll([
      ['SET', 'greeting', 'hello'],
      ['RPUSH', 'list', 1, 2, 3],
      ['SELECT', 2],
      ['SET', 'binary', binary],
    ])
    redis.close()
    const s3 = bucketOf(env)
    for (const Key of ['a photo.txt', 'deep/er/ä.html']) {
      await s3.send(new PutObjectCommand({ Bucket: env.S3_BUCKET!, Key, Body: `of ${Key}`, ContentType: 'text/html' }))
    }
    s3.destroy()
    const shared = volumeOf(machine, 'shared')
    mkdirSync(join(shared, 'a/empty'), { recursive: true })
    writeFileSync(join(shared, 'a/run.sh'), 'exit 0\n', { mode: 0o750 })
    symlinkSync('a/run.sh', join(shared, 'link'))

    before = await everything(machine, folder)
    written = await until('SQLite is written to', async () => (await books(machine)).n)
    await machine.must(['backup', 'create', '--yes'], { cwd: folder })
    const { backups, remarks } = await list(machine, folder)
    expect(backups).toMatchObject([{ state: 'verified', place: 's3://backups/all/of/them/', findings: [] }])
    expect(backups[0]?.holds.toSorted()).toEqual(['books', 'cache', 'db', 'media', 'shared'])
    expect(remarks.map((r) => r.code)).not.toContain('W_BACKUP_SAME_DISK')
    id = backups[0]!.id
    expect(await inStore()).toContain(`all/of/them/keeper/local/${id}/manifest.json`)
    await machine.must(['backup', 'verify', id], { cwd: folder })
    key = (await machine.must(['backup', 'key'])).stdout
    expect((await books(machine)).n).toBeGreaterThan(written)
  })

  test('with the machine gone, another one has everything again', async () => {
    await machine.close()
    machine = await Machine.make()
    folder = writeKeeper(machine, endpoint)
    const identity = join(machine.folder, 'key.txt')
    writeFileSync(identity, key, { mode: 0o600 })
    const from = ['backup', 'restore', `s3://backups/all/of/them/keeper/local/${id}`, '--identity', identity, '--yes']
    expect((await machine.run(from, { cwd: folder, env: AWS })).stderr).toContain('--endpoint')
    const wrong = { ...AWS, AWS_SECRET_ACCESS_KEY: 'wrong' }
    expect((await machine.run([...from, '--endpoint', endpoint], { cwd: folder, env: wrong })).stderr).toContain('E_S3')
    const { code, stderr } = await machine.run([...from, '--endpoint', endpoint], { cwd: folder, env: AWS })
    expect(code, stderr).toBe(0)
    expect(await everything(machine, folder)).toEqual(before)
    const now = await until('the app writes on', async () => {
      const found = await books(machine)
      return found.n > written ? found : undefined
    })
    expect(now).toEqual({ n: now.rows, rows: now.rows, check: 'ok' })
  })

  test('what its schedule makes comes by itself, and what no rule keeps goes; backups of elsewhere stay', async () => {
    for (let round = 1; round <= 2; round++) {
      await machine.must(['stop'])
      // As if this machine had been off for longer than the ten minutes from one to the next.
      const db = new DatabaseSync(join(machine.home, 'state.db'))
      const { changes } = db.prepare(`update schedule set fired_at = fired_at - 660000 where job = 'backup'`).run()
      db.close()
      expect(Number(changes)).toBe(1)
      const last = (await list(machine, folder)).backups[0]?.id
      await until('a backup is made', async () => {
        const [newest] = (await list(machine, folder)).backups
        return newest?.id !== last && newest?.state === 'verified'
      })
    }
    // Retention looks once the newest is proven.
    await until('what no rule keeps is gone', async () => (await list(machine, folder)).backups.length === 2)
    const { backups } = await list(machine, folder)
    expect(backups).toMatchObject([{ why: 'schedule', state: 'verified' }, { id }])
    await until('its files are gone', async () => (await idsInStore()).length === 2)
    expect((await idsInStore()).toSorted()).toEqual(backups.map((b) => b.id).toSorted())
    await machine.must(['backup', 'delete', id, '--yes'], { cwd: folder })
    expect(await idsInStore()).toEqual([backups[0]!.id])
  })
})

needs('postgres', 'system-postgres').describe('a move between servers', () => {
  let root: string
  beforeAll(() => {
    root = newFolder()
  })
  afterAll(() => removeFolder(root))

  test('the embedded one’s data in the distribution’s, then in one of somebody else, then back', async () => {
    const major = majorsOfSystem()[0]!
    const artifact = join(root, 'artifact')
    mkdirSync(artifact)
    const options = { server: 'system', version: major }
    const { source } = postgres.expand({ name: 'db', type: 'postgres', options }).components[0]!
    if (source.type !== 'server') throw new Error('it is a server')
    await postgres.server!.install(source, artifact, {
      signal: AbortSignal.timeout(60_000),
      say: () => {},
      cache: join(root, 'cache'),
    })
    const theirs = new Server({ root, artifact, options, port: await freePort() })
    await theirs.up()
    const admin = new pg.Client({
      host: join(theirs.folder, 'socket'),
      port: theirs.port,
      user: 'landfall',
      database: 'postgres',
    })
    await admin.connect()
    await admin.query('alter role app createdb; grant connect on database postgres to app')
    await admin.end()

    const kinds = [
      '{ type: postgres }',
      `{ type: postgres, server: system, version: "${major}" }`,
      '{ type: postgres, url: { env: OWN_DATABASE } }',
      '{ type: postgres }',
    ]
    const backups = join(root, 'backups')
    let from: { id: string; key: string } | undefined
    for (const [i, db] of kinds.entries()) {
      const machine = await Machine.make()
      try {
        const cwd = join(machine.folder, 'mover')
        writeApp(cwd, {
          name: 'mover',
          component: ['env: { DATABASE_URL: { from: db.url } }'],
          more: [
            'resources:',
            `  db: ${db}`,
            `backup: { to: ${backups}-${i} }`,
            'env: { OWN_DATABASE: { secret: true, required: false } }',
          ],
        })
        await machine.must(['env', 'set', `OWN_DATABASE=${theirs.output('url')}`], { cwd })
        if (!from) await machine.must(['up', '--yes'], { cwd })
        else {
          const identity = join(machine.folder, 'key.txt')
          writeFileSync(identity, from.key, { mode: 0o600 })
          const at = join(`${backups}-${i - 1}`, 'mover/local', from.id)
          await machine.must(['backup', 'restore', at, '--identity', identity, '--yes'], { cwd })
        }
        const url = (await envOf(machine, cwd)).DATABASE_URL!
        if (i === 0) {
          await query(
            url,
            `create type mood as enum ('good', 'bad'); create table song (id bigserial primary key, title text unique, mood mood, at timestamptz);
             insert into song (title, mood, at) select 'Lied ' || i || E'\\n\\t\\\\.', 'good', timestamptz '2026-01-01' + i * interval '1 s' from generate_series(1, 500) i`,
          )
        }
        expect(await query(url, 'select count(*)::int, max(id)::int, min(mood)::text from song')).toEqual([
          500 + i,
          500 + i,
          'good',
        ])
        expect(await query(url, `select title from song where id = 7`)).toEqual(['Lied 7\n\t\\.'])
        if (i > 0) expect((await machine.must(['up', '--yes'], { cwd })).stderr).toContain('nothing to do')
        if (i === 2) expect(new URL(url).port).toBe(String(theirs.port))
        // Each adds a row, so that the next cannot have that of the one before.
        await query(url, `insert into song (title, mood) values ('of ${i}', 'good')`)
        await machine.must(['backup', 'create', '--yes'], { cwd })
        const [newest] = (await list(machine, cwd)).backups
        expect(newest).toMatchObject({ state: 'verified', findings: [] })
        from = { id: newest!.id, key: (await machine.must(['backup', 'key'])).stdout }
      } finally {
        await machine.close()
      }
    }
  })
})
