import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import pg from 'pg'

const { DATABASE_URL, REDIS_URL } = process.env
if (!DATABASE_URL || !REDIS_URL) {
  throw new Error(
    'set DATABASE_URL and REDIS_URL: these tests make a database of their own beside the one named, and empty database 15 of that Redis',
  )
}
export const WEB = 'https://flick.example'
const dist = new URL('../../dist/', import.meta.url)

/** A database and a Redis that are there for one test file. */
export async function openWorld() {
  const name = `flick_test_${process.pid}_${Date.now().toString(36)}`
  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  await client.query(`create database ${name}`)
  const database = new URL(DATABASE_URL!)
  database.pathname = `/${name}`
  const redis = new URL(REDIS_URL!)
  redis.pathname = '/15'
  const cache = new Redis(redis.href)
  await cache.flushdb()
  const env: Record<string, string> = {
    DATABASE_URL: database.href,
    REDIS_URL: redis.href,
    BETTER_AUTH_SECRET: 'a secret that is only there for tests',
    BETTER_AUTH_URL: 'http://localhost:8000',
    ACCESS_CONTROL_ORIGINS: `${WEB},https://admin.flick.example`,
    RATE_LIMIT: '0',
    ADMIN_EMAIL: 'admin@campus.example',
    ADMIN_PASSWORD: 'moderate-me',
  }
  return {
    env,
    cache,
    async close() {
      stopAll()
      cache.disconnect()
      await client.query(`drop database ${name} with (force)`)
      await client.end()
    },
  }
}

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

export interface Instance {
  base: string
  child: ChildProcess
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
  for await (const line of createInterface(child.stdout)) {
    const port = /^listening on .*:(\d+)$/.exec(line)?.[1]
    if (port) return { base: `http://127.0.0.1:${port}`, child, exited }
  }
  throw new Error(`the server ended with ${await exited}`)
}

function stopAll(): void {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
}

/** Somebody with a browser at one of the instances: keeps the cookie. */
export function visitor(base: string, origin = WEB) {
  let cookie = ''
  async function ask(path: string, method = 'GET', body?: unknown) {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { origin, cookie, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const set = response.headers.get('set-cookie')
    if (set) cookie = set.split(';')[0] ?? ''
    // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects
    const json = (await response.json().catch(() => undefined)) as any
    return { status: response.status, headers: response.headers, json }
  }
  return {
    ask,
    cookie: () => cookie,
    signUp: (name: string) =>
      ask('/api/auth/sign-up/email', 'POST', { name, email: `${name.toLowerCase()}@x.example`, password: 'longenough' }),
    signIn: (email: string, password: string) => ask('/api/auth/sign-in/email', 'POST', { email, password }),
    post: (text: string) => ask('/api/v1/posts', 'POST', { text }),
    texts: async () => (await ask('/api/v1/posts')).json.data.posts.map((post: { text: string }) => post.text),
  }
}

/** A way to a server that can be cut and opened again. */
export async function cuttable(url: string) {
  const to = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(to.port || 6379), to.hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {}) // The other side hears of it.
      one.on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(port)
  const cut = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  return { url: through.href, cut, mend: () => listen(port) }
}

export async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await look()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`did not happen: ${what}`)
}
