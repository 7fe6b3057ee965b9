import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { LandfallError } from '../../../lib/error.ts'
import { lastLines } from '../../../lib/exec.ts'
import { ownProgram } from '../../../lib/own-server/own-program.ts'
import type { SnapshotContext } from '../../../model/backup.ts'
import { type Login, Wire } from './wire.ts'

/** The newest server that the pg_dump inside can read. */
const NEWEST_MAJOR = 18

/** Definitions as pg_dump writes them: `pre-data` stands before the rows, `post-data` (indexes, keys, triggers) after them. */
export async function dumpSchema(
  section: 'pre-data' | 'post-data',
  to: Login,
  snapshot: string,
  ctx: SnapshotContext,
): Promise<string> {
  const wire = await Wire.open(to, ctx.signal)
  const { parameters } = wire
  const major = Number.parseInt(parameters.server_version ?? '', 10)
  if (major > NEWEST_MAJOR) {
    wire.close()
    throw new LandfallError({
      code: 'E_PG_VERSION',
      message: `the server is PostgreSQL ${major}, and this Landfall can back up those up to ${NEWEST_MAJOR}`,
      hint: 'use a newer Landfall',
    })
  }
  const file = join(ctx.scratch, `${section}.sql`)
  const args = [`--section=${section}`, `--snapshot=${snapshot}`, '--no-owner', '--no-privileges', '--exclude-extension=*']
  args.push('--no-publications', '--no-subscriptions')
  // PostgreSQL's own pg_dump, as WebAssembly: it has no sockets, so its bytes go through ours, which is logged in already.
  const { file: program, args: head } = ownProgram('pg-dump', import.meta.url, './pg-dump/main.ts')
  const child = spawn(program, [...head, JSON.stringify({ args, parameters, file })], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)))
  for (const end of [child.stdin, child.stdout]) end.on('error', () => {}) // Its exit code tells.
  Readable.from(wire.answers()).pipe(child.stdin)
  child.stdout.pipe(wire.socket, { end: false })
  const stop = () => child.kill('SIGKILL')
  ctx.signal.addEventListener('abort', stop, { once: true })
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    if (code !== 0) {
      throw new LandfallError({
        code: 'E_BACKUP',
        message: `pg_dump ended with ${code ?? signal}`,
        detail: lastLines(said, 10),
      })
    }
    return withoutFrame(await readFile(file, 'utf8'))
  } finally {
    ctx.signal.removeEventListener('abort', stop)
    wire.socket.destroy()
    await rm(file, { force: true })
  }
}

/** One dump is made of two: heads, ends and psql's `\restrict` of each go. The word behind it is chosen at random by pg_dump. */
function withoutFrame(text: string): string {
  const token = /^\\restrict (\S+)$/m.exec(text)?.[1]
  const lines = text
    .split('\n')
    .filter((line) => line !== `\\restrict ${token}` && line !== `\\unrestrict ${token}`)
    .join('\n')
  const body = lines
    .replace(/^--\n-- PostgreSQL database dump\n--\n/, '')
    .replace(/--\n-- PostgreSQL database dump complete\n--\s*$/, '')
  return `${body.trim()}\n`
}
