import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, onTestFinished, test } from 'vitest'
import { exportApp } from '../../src/ops/export.ts'
import { needs } from '../capabilities.ts'

const TARGETS = ['dockerfile', 'cloudron', 'coolify', 'compose']
const cases = ['dockerfile', 'cloudron', 'coolify']
  .flatMap((t) => readdirSync(`src/targets/${t}/fixtures/write`, { withFileTypes: true }).map((e) => ({ t, e })))
  .filter(({ e }) => e.isDirectory())
  .map(({ t, e }) => join('src/targets', t, 'fixtures/write', e.name))
const folders = [...cases, ...['communityrule', 'flick', 'allucanget', 'hello-python'].map((e) => join('examples', e))]

const writtenBy = (folder: string, target: string) =>
  exportApp({ folder: join(process.cwd(), folder), environment: 'production', target, today: '2026-11-21' })

needs('shellcheck').test('every shell script that an export writes passes shellcheck', async () => {
  const into = temporary()
  const scripts: string[] = []
  for (const folder of folders) {
    for (const target of TARGETS) {
      const { files } = await writtenBy(folder, target)
      for (const [name, { text }] of Object.entries(files)) {
        if (!text.startsWith('#!/bin/sh')) continue
        const path = join(into, target, folder, name)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, text)
        scripts.push(path)
      }
    }
  }
  expect(scripts.length).toBeGreaterThan(30)
  const checked = spawnSync('shellcheck', ['--shell=sh', '--severity=style', ...scripts], { encoding: 'utf8' })
  expect(checked.stdout.slice(0, 6000)).toBe('')
  expect(checked.status).toBe(0)
})

test('coolify.sh makes everything by calls that Coolify would take, and a second run makes nothing twice', async () => {
  const into = temporary()
  const { files } = await writtenBy('src/targets/coolify/fixtures/write/studio', 'coolify')
  writeFileSync(join(into, 'coolify.sh'), files['coolify.sh']?.text ?? '')
  const api = await fakeCoolify()
  const values = {
    COOLIFY_URL: api.url,
    COOLIFY_TOKEN: 'token-1',
    COOLIFY_SERVER: 'server-1',
    COOLIFY_REPOSITORY: 'https://git.example.org/studio.git',
  }
  const run = (more: Record<string, string>) => sh(into, { ...values, ...more })
  const refused = await run({})
  expect([refused.code, refused.said]).toEqual([2, expect.stringContaining('OPENROUTER_KEY')])
  const secret = 'a "quoted" \\ $HOME `id`\nsecond\tline'
  const first = await run({ OPENROUTER_KEY: secret })
  expect(first.code, `${first.said}\n${JSON.stringify(api.wrong)}`).toBe(0)
  expect(api.wrong).toEqual([])
  const made = api.count()
  expect(made).toMatchObject({
    'POST /projects': 1,
    'POST /databases/postgresql': 1,
    'POST /databases/redis': 1,
    'POST /applications/public': 3,
  })
  const values1 = api.envs()
  expect(values1.OPENROUTER_KEY).toBe(secret)
  expect(values1.JWT_SECRET).toMatch(/^[0-9a-f]{64}$/)
  expect(values1.DATABASE_URL).toMatch(/^postgres:\/\/app:[0-9a-f]{48}@uuid-\d+:5432\/app$/)
  expect(values1.DB_PASSWORD).toBe(new URL(values1.DATABASE_URL ?? '').password)
  const second = await run({})
  expect(second.code, second.said).toBe(0)
  for (const call of Object.keys(made).filter((c) => c.startsWith('POST') && !c.includes('deploy')))
    expect(api.count()[call], call).toBe(made[call])
  expect(api.envs()).toEqual(values1)
  const state = readFileSync(join(into, 'coolify.state'), 'utf8')
  for (const hidden of ['token-1', values1.JWT_SECRET, values1.DB_PASSWORD])
    expect(state + first.said + second.said).not.toContain(hidden)
  const other = await run({ COOLIFY_TOKEN: 'wrong' })
  expect([other.code, other.said]).toEqual([1, expect.stringContaining('answered 401')])
})

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lf-scripts-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function sh(folder: string, env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn('sh', ['coolify.sh'], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })))
}

/** As much of Coolify's API as the script calls: it knows its token, takes bodies by their schema alone, and remembers. */
async function fakeCoolify() {
  const schema = JSON.parse(readFileSync('test/schemas/coolify-requests.schema.json', 'utf8'))
  const ajv = new Ajv2020({ strict: false, allErrors: true }).addSchema(schema, 'requests')
  const calls: { call: string; body: Record<string, unknown> }[] = []
  const wrong: string[] = []
  const passwords = new Map<string, { type: string; password: unknown }>()
  const server = createServer(async (request, answer) => {
    let text = ''
    for await (const part of request) text += part
    const path = (request.url ?? '').replace('/api/v1', '')
    const say = (status: number, data: unknown) =>
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data).replaceAll('/', '\\/'))
    if (request.headers.authorization !== 'Bearer token-1') return say(401, { message: 'Unauthenticated.' })
    if (request.method === 'GET') {
      const uuid = path.split('/').at(-1) ?? ''
      const { type, password } = passwords.get(uuid) ?? {}
      const url = type === 'redis' ? `redis://default:${password}@${uuid}:6379/0` : `postgres://app:${password}@${uuid}:5432/app`
      return say(200, { uuid, internal_db_url: url })
    }
    const call = `${request.method} ${path.split('?')[0]?.replace(/uuid-\d+/g, '{uuid}')}`
    const body = JSON.parse(text)
    calls.push({ call, body })
    const check = ajv.getSchema(`requests#/definitions/${encodeURIComponent(call.replaceAll('/', '~1'))}`)
    if (!call.endsWith('/deploy') && !check?.(body)) {
      wrong.push(`${call}: ${JSON.stringify(check?.errors ?? 'no such call')}`)
      return say(422, { message: 'Validation failed.' })
    }
    const uuid = `uuid-${calls.length}`
    if (path.startsWith('/databases/'))
      passwords.set(uuid, { type: path.split('/')[2] ?? '', password: body.postgres_password ?? body.redis_password })
    return say(201, { uuid })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    wrong,
    count: () => Object.fromEntries([...Map.groupBy(calls, (c) => c.call)].map(([call, list]) => [call, list.length])),
    envs: (): Record<string, string> =>
      Object.fromEntries(
        calls.flatMap(({ body }) =>
          Array.isArray(body.data) ? body.data.map((d: { key: string; value: string }) => [d.key, d.value]) : [],
        ),
      ),
  }
}
