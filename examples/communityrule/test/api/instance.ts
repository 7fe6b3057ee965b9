import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import pg from 'pg'

export const root = new URL('../../', import.meta.url)
const given = process.env.DATABASE_URL
if (!given) throw new Error('DATABASE_URL is not set: these tests need a PostgreSQL; they use a schema of their own in it')

/** A schema that is thrown away afterwards; `url` leads into it. */
export async function scratchSchema(): Promise<{ url: string; client: pg.Client; drop(): Promise<void> }> {
  const name = `test_${process.pid}_${Date.now().toString(36)}`
  const url = new URL(given!)
  url.searchParams.set('options', `-csearch_path=${name}`)
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  await client.query(`create schema ${name}`)
  return {
    url: url.href,
    client,
    async drop() {
      await client.query(`drop schema ${name} cascade`)
      await client.end()
    },
  }
}

/** One of the programs of `dist/`, to its end. */
export async function run(args: string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd: new URL('dist/', root), env: { ...env, PATH: process.env.PATH } })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
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
    cwd: new URL('dist/', root),
    env: { PORT: '0', BENCH: '1', SESSION_SECRET: 'a secret for tests only', ...env, PATH: process.env.PATH },
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

export function stopAll(): void {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
}
