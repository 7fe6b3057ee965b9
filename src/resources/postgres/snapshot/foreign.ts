import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { LandfallError } from '../../../lib/error.ts'
import { lastLines } from '../../../lib/exec.ts'
import type { SnapshotCode } from '../../../model/backup.ts'
import { checkSql } from './check-sql.ts'

/** Plain SQL as it is; pg_dump's own format through the pg_restore of this machine, which writes plain SQL of it. */
export const foreign: NonNullable<SnapshotCode['foreign']> = {
  async check(from, file, ctx) {
    await checkSql((await isCustom(file)) ? throughPgRestore(file, ctx.signal) : from, file)
  },
  async plain(from, file, ctx) {
    return (await isCustom(file)) ? throughPgRestore(file, ctx.signal) : from
  },
}

async function isCustom(file: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const { buffer } = await handle.read(Buffer.alloc(5), 0, 5, 0)
    return buffer.toString('latin1') === 'PGDMP'
  } finally {
    await handle.close()
  }
}

async function* throughPgRestore(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const program = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'pg_restore'))
    .find((path) => existsSync(path))
  if (!program) {
    throw new LandfallError({
      code: 'E_TOOL',
      at: file,
      message: 'this is a dump in the custom format, and there is no pg_restore on this machine to read it',
      hint: 'install it (postgresql-client), or make a plain dump: pg_dump without --format',
    })
  }
  const child = spawn(program, ['--no-owner', '--no-privileges', '--file=-', '--', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000)
  })
  const closed = new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      said += error.message
      resolve(null)
    })
    child.on('close', (code) => resolve(code))
  })
  for await (const chunk of child.stdout) yield chunk as Uint8Array
  const code = await closed
  if (code === 0) return
  const isNewer = /unsupported version/.test(said)
  throw new LandfallError({
    code: isNewer ? 'E_PG_VERSION' : 'E_BACKUP_TRUNCATED',
    at: file,
    message: isNewer
      ? 'the dump was made by a newer pg_dump than this machine has a pg_restore of'
      : `pg_restore ended with ${code}: the dump is cut off or damaged`,
    detail: lastLines(said, 5),
    hint: isNewer
      ? 'install a newer postgresql-client, or make a plain dump'
      : 'make the dump again, and look at the exit code of pg_dump',
  })
}
