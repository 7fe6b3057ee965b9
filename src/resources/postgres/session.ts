import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { codeOf, LandfallError } from '../../lib/error.ts'

export interface Address {
  /** A folder means its socket. */
  host: string
  port: number
  user: string
  password: string
  database: string
}

const CONNECT_MS = 5000
const STATEMENT_MS = 30_000
// 104 on macOS, 108 on Linux, with the zero at the end.
const MAX_SOCKET_PATH = 100

/** A session that is always closed again; what goes wrong says where, as whom and why, and never the password. */
export async function session<T>(to: Address, signal: AbortSignal, work: (client: pg.Client) => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const short = await shortPath(to)
  const client = new pg.Client({
    ...to,
    host: short?.folder ?? to.host,
    ssl: false,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    application_name: 'landfall',
    options: '',
  })
  // Without a listener, a server that goes away in the middle would end our process.
  client.on('error', () => {})
  const cut = () => client.connection.stream.destroy(new Error('cancelled'))
  signal.addEventListener('abort', cut, { once: true })
  try {
    await client.connect()
    return await work(client)
  } catch (error) {
    if (error instanceof LandfallError) throw error
    const where = to.host.startsWith('/') ? `the socket in ${to.host}` : `${to.host}:${to.port}`
    const reason = error instanceof Error && error.message ? error.message : String(error)
    throw new LandfallError({
      code: 'E_LOGIN',
      message: `could not work with PostgreSQL as ${to.user} at ${where}: ${reason}`,
      ...(codeOf(error) && { detail: codeOf(error) }),
      cause: error,
    })
  } finally {
    signal.removeEventListener('abort', cut)
    client.end().catch(() => {}) // What is to be said about a broken connection has been said.
    await short?.remove()
  }
}

/** The path of a socket has a limit far below that of files: a short link goes in between. */
async function shortPath(to: Address): Promise<{ folder: string; remove(): Promise<void> } | undefined> {
  if (!to.host.startsWith('/') || Buffer.byteLength(`${to.host}/.s.PGSQL.${to.port}`) < MAX_SOCKET_PATH) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'lf-pg-'))
  await symlink(to.host, join(folder, 's'))
  return { folder: join(folder, 's'), remove: () => rm(folder, { recursive: true, force: true }) }
}
