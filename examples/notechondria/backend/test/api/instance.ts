import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { startMailbox } from './mailbox.ts'

const given = process.env.DATABASE_URL
if (!given) throw new Error('DATABASE_URL is not set: these tests need a PostgreSQL; they use a schema of their own in it')
const dist = new URL('../../dist/', import.meta.url)
export const SITE = 'https://notes.example'

/** Everything that a backend needs, for one test file: an empty schema, a mailbox and a folder. */
export async function openWorld() {
  const name = `test_${process.pid}_${Date.now().toString(36)}`
  const url = new URL(given!)
  url.searchParams.set('options', `-csearch_path=${name}`)
  const database = new pg.Client({ connectionString: url.href })
  await database.connect()
  await database.query(`create schema ${name}`)
  const mailbox = await startMailbox()
  const folder = mkdtempSync(join(tmpdir(), 'notechondria-'))
  const env: Record<string, string> = {
    DATABASE_URL: url.href,
    DJANGO_SECRET_KEY: 'a secret that is only there for tests',
    DJANGO_ALLOWED_HOSTS: 'localhost,127.0.0.1,api.notes.example',
    DJANGO_CSRF_TRUSTED_ORIGINS: SITE,
    FRONTEND_ORIGIN: SITE,
    DJANGO_PRODUCTION_STATIC_ROOT: join(folder, 'static'),
    DJANGO_PRODUCTION_MEDIA_ROOT: join(folder, 'media'),
    DJANGO_SUPERUSER_PASSWORD: 'a password for the administrator',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(mailbox.port),
    SMTP_USE_TLS: 'False',
    BACKEND_VERSION: '1.2.3',
    CALENDAR_ALLOW_PRIVATE: '1',
  }
  return {
    env,
    database,
    mailbox,
    folder,
    async close() {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
      await mailbox.close()
      await database.query(`drop schema ${name} cascade`)
      await database.end()
      rmSync(folder, { recursive: true })
    },
  }
}
export type World = Awaited<ReturnType<typeof openWorld>>

/** One of the programs of `dist/`, to its end. */
export async function run(args: string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd: dist, env: { ...env, PATH: process.env.PATH } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const [code] = await once(child, 'close')
  return { code, output }
}
export async function must(args: string[], env: Record<string, string>): Promise<string> {
  const { code, output } = await run(args, env)
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${output}`)
  return output
}

export interface Instance {
  base: string
  child: ChildProcess
  /** What it wrote so far. */
  lines: string[]
  exited: Promise<number | null>
}
const children = new Set<ChildProcess>()

/** The server, on a port of its own, once it listens. */
export async function start(env: Record<string, string>): Promise<Instance> {
  const child = spawn(process.execPath, ['server.js'], {
    cwd: dist,
    env: { PORT: '0', ...env, PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const lines: string[] = []
  const base = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line)
      const port = /^listening on .*:(\d+)$/.exec(line)?.[1]
      if (port) resolve(`http://127.0.0.1:${port}`)
    })
    exited.then((code) => reject(new Error(`the server ended with ${code}`)))
  })
  return { base, child, lines, exited }
}

/** A client of an instance; `authorization` as in the header. */
export function client(base: string, authorization = '') {
  return async (method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const isForm = body instanceof FormData
    const response = await fetch(base + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(authorization && { authorization }),
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        ...more,
      },
      body: isForm ? body : body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects
    const json = (isJson ? JSON.parse(text) : undefined) as any
    return { status: response.status, headers: response.headers, text, json }
  }
}
export type Client = ReturnType<typeof client>

/** Somebody new who is signed in, with the address confirmed. */
export async function signUp(world: World, base: string, name: string) {
  const email = `${name}@notes.example`
  const password = `password of ${name}`
  const anyone = client(base)
  await anyone('POST', '/api/v1/auth/register/', { username: name, email, password })
  const { json } = await anyone('POST', '/api/v1/auth/verify-email/', { email, code: await world.mailbox.code(email) })
  return { name, email, password, token: json.token as string, ask: client(base, `Token ${json.token}`) }
}

export async function until(look: () => boolean): Promise<void> {
  for (let i = 0; !look(); i++) {
    if (i > 500) throw new Error(`did not happen: ${look}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
