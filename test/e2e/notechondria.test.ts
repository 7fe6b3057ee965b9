import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { startS3Server } from '../../src/resources/bucket/server/s3-server.ts'
import { listMessages, showMessage } from '../../src/resources/mail/read-mailbox.ts'
import { findProgram, lacks, needs } from '../capabilities.ts'
import type { Student } from '../journeys/notechondria.ts'
import { copyExample, Machine } from './helpers.ts'

// One backend, three sites under a path each, PostgreSQL and mail: the system that the first two deployment guides are about.
const NEEDED = ['postgres', 'npm', 'chromium'] as const
const VARIABLES_OF_THE_BUCKET = ['BUCKET_NAME', 'ACCOUNT_ID', 'ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'ENDPOINT'].map(
  (name) => `CLOUDFLARE_R2_${name}`,
)
let machine: Machine
let folder: string
let browser: Browser
let site: string
let api: string
let student: Student

beforeAll(async () => {
  if (NEEDED.some((capability) => lacks(capability))) return
  machine = await Machine.make()
  folder = copyExample('notechondria', machine)
  const { chromium } = await import('playwright-core')
  browser = await chromium.launch({ executablePath: findProgram('chromium', 'google-chrome') ?? '', args: ['--no-sandbox'] })
})
afterAll(async () => {
  await browser?.close()
  await machine?.close()
})

const { test } = needs(...NEEDED)
const urlOf = async (host: string) => (await machine.app()).urls.find((one) => one.host === `${host}.localhost`)?.url ?? ''
const releases = async () => Object.fromEntries((await machine.app()).components.map(({ name, release }) => [name, release]))
const journey = async () => {
  const { journey } = await import('../journeys/notechondria.ts')
  return journey({ url: site, api, readCode }, await browser.newPage())
}
async function readCode(email: string): Promise<string> {
  const mailbox = join(machine.home, 'volumes/notechondria/local/mail-messages')
  const [last] = await listMessages(mailbox, { to: email })
  const { text } = await showMessage(mailbox, last?.id ?? 0)
  return /\d{6}/.exec(text)?.[0] ?? ''
}
async function login({ username, password }: Student): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ username, password })
  const answer = await fetch(`${api}/api/v1/auth/login/`, { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { token: string }).token
}
const asked = async (path: string, authorization: string) => {
  const answer = await fetch(api + path, { headers: { authorization } })
  return { status: answer.status, body: await answer.text() }
}

test('the first `up` brings the backend and the three sites, and a person gets along with all of them', async () => {
  const { end, code } = await machine.up(folder)
  expect(end?.error).toBeUndefined()
  expect(code).toBe(0)
  site = await urlOf('notechondria.example')
  api = await urlOf('api.notechondria.example')
  student = await journey()
  const { stdout } = await machine.must(['smoke'], { cwd: folder })
  expect(stdout).not.toMatch(/FAIL/)
})

test('a release of the backend fails no request, keeps files and keys, ends all sessions and leaves the sites alone', async () => {
  const token = await login(student)
  expect((await asked('/api/v1/auth/session/', `Token ${token}`)).body).toContain('"authenticated":true')
  appendFileSync(join(folder, 'backend/src/app.ts'), '\n// another source, another release\n')
  const answers: string[] = []
  let isOver = false
  const asking = ['/', '/api/v1/handshake/', '/api/v1/notes/', '/static/admin/css/base.css'].map(async (path) => {
    while (!isOver) answers.push(`${path} ${(await asked(path, `Bearer ${student.key}`)).status}`)
  })
  const plan = await machine.must(['plan'], { cwd: folder })
  expect(plan.stdout).toContain('everybody is logged out')
  const release = await machine.up(folder)
  isOver = true
  await Promise.all(asking)
  expect(release.end).toMatchObject({ state: 'done', serving: 'r2' })
  expect([...new Set(answers)].sort()).toEqual([
    '/ 200',
    '/api/v1/handshake/ 200',
    '/api/v1/notes/ 200',
    '/static/admin/css/base.css 200',
  ])
  expect(await releases()).toMatchObject({ backend: 'r2', editor: 'r1', planner: 'r1', portal: 'r1', db: 'r1' })
  expect((await asked('/api/v1/auth/session/', `Token ${token}`)).body).toBe('{"authenticated":false}')
  expect((await asked('/api/v1/notes/', `Bearer ${student.key}`)).body).toContain(JSON.stringify(student.title))
})

test('an instance cannot change its own code', async () => {
  const write = "require('node:fs').writeFileSync('server.js', '')"
  const { code, stderr, stdout } = await machine.run(['exec', 'backend', '--', 'node', '-e', write], { cwd: folder })
  expect(code).not.toBe(0)
  expect(`${stdout}${stderr}`).toMatch(/EACCES|EROFS/)
})

test('a site is released without the backend, and only its own path changes', async () => {
  const token = await login(student)
  appendFileSync(join(folder, 'frontend/editor/src/style.css'), '\n.another-look {\n  color: inherit;\n}\n')
  expect((await machine.up(folder)).end).toMatchObject({ state: 'done' })
  const after = await releases()
  expect(after).toMatchObject({ backend: 'r2', editor: 'r3', planner: 'r1', portal: 'r1' })
  expect((await asked('/api/v1/auth/session/', `Token ${token}`)).body).toContain('"authenticated":true')
})

test('a site whose smoke test fails is not released', async () => {
  const file = join(folder, 'frontend/planner/src/app.tsx')
  const before = readFileSync(file)
  appendFileSync(file, "\nthrow new Error('not today')\n")
  const { code, end } = await machine.up(folder)
  expect(code).toBe(1)
  expect(end).toMatchObject({ state: 'failed', serving: 'r3', error: { code: 'E_TEST' } })
  expect((await fetch(`${site}/Notechondria/planner/`)).status).toBe(200)
  writeFileSync(file, before)
})

test('some of the variables of a bucket are not enough, and that is said before anything is built', async () => {
  await machine.must(
    ['env', 'set', 'CLOUDFLARE_R2_BUCKET_NAME=media', 'CLOUDFLARE_R2_ACCOUNT_ID=0123456789abcdef0123456789abcdef'],
    {
      cwd: folder,
    },
  )
  const { code, stdout, stderr } = await machine.run(['up', '--yes'], { cwd: folder })
  expect(code).not.toBe(0)
  expect(`${stdout}${stderr}`).toMatch(/CLOUDFLARE_R2_ACCESS_KEY_ID/)
  expect(`${stdout}${stderr}`).toMatch(/CLOUDFLARE_R2_SECRET_ACCESS_KEY/)
  expect(`${stdout}${stderr}`).not.toMatch(/ok {4}build/)
})

test('with all four, static files and uploads lie in the bucket', async () => {
  const credentials = { accessKey: 'access-of-the-bucket', secretKey: 'Kq3vX9dLr2Kq3vX9dLr2' }
  const options = { folder: join(machine.folder, 's3'), port: 0, name: 'media', region: 'auto', lifetimes: [], credentials }
  mkdirSync(options.folder)
  const store = await startS3Server({ ...options, now: () => Date.now(), say: () => {} })
  const endpoint = `http://127.0.0.1:${store.port}`
  const client = new S3Client({
    endpoint,
    region: 'auto',
    forcePathStyle: true,
    credentials: { accessKeyId: credentials.accessKey, secretAccessKey: credentials.secretKey },
  })
  try {
    const secrets = [
      `CLOUDFLARE_R2_ACCESS_KEY_ID=${credentials.accessKey}`,
      `CLOUDFLARE_R2_SECRET_ACCESS_KEY=${credentials.secretKey}`,
    ]
    await machine.must(['env', 'set', ...secrets, `CLOUDFLARE_R2_ENDPOINT=${endpoint}`], { cwd: folder })
    expect((await machine.up(folder)).end).toMatchObject({ state: 'done' })
    const authorization = `Bearer ${student.key}`
    const [note] = JSON.parse((await asked('/api/v1/notes/', authorization)).body)
    const form = new FormData()
    form.set('file', new File(['in the bucket'], 'cell.txt', { type: 'text/plain' }))
    const headers = { authorization }
    const sent = await fetch(`${api}/api/v1/notes/${note.id}/attachments/`, { method: 'POST', headers, body: form })
    const { url } = (await sent.json()) as { url: string }
    expect(await (await fetch(api + url)).text()).toBe('in the bucket')
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'media' }))
    const keys = Contents.map(({ Key }) => Key)
    expect(keys).toContain('static/admin/css/base.css')
    expect(keys).toContain(url.slice(1))
    await machine.must(['env', 'unset', ...VARIABLES_OF_THE_BUCKET], { cwd: folder })
    expect((await machine.up(folder)).end).toMatchObject({ state: 'done' })
  } finally {
    client.destroy()
    await store.stop()
  }
})

test('the tests of the API pass on the database of the environment', async () => {
  const { stdout } = await machine.must(['exec', 'backend', '--', 'node', '-p', 'process.env.DATABASE_URL'], { cwd: folder })
  const env = { ...machine.env, DATABASE_URL: stdout.trim() }
  for (const args of [
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    ['run', 'test:api'],
  ]) {
    const { status, stdout: out, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', env })
    expect(status, `npm ${args.join(' ')}\n${out.slice(-3000)}${stderr}`).toBe(0)
  }
})
