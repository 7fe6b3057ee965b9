import { mkdtemp, rm, symlink } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { LandfallError } from '../../../lib/error.ts'
import { CopyRows, Slabs } from './copy-rows.ts'
import { frugalSocket, Reads } from './reads.ts'

/** How to get in: an address with a login, where a folder as host means its socket. */
export interface Login {
  host: string
  port: number
  user: string
  password: string
  database: string
  /** As the URL says; sockets and loopback need none. */
  ssl?: pg.ClientConfig['ssl']
}

const CONNECT_MS = 10_000
const D = 0x64
const MAX_SOCKET_PATH = 100
/** Pieces of rows that may wait while the one before them is worked on. */
const AHEAD = 4

/**
 * A session that speaks the protocol itself once `pg` has logged in: gigabytes of COPY go through without a copy of each row, and
 * at the pace of whoever reads them.
 */
export class Wire {
  readonly parameters: Record<string, string>
  readonly socket: Socket
  private readonly reads: Reads
  private readonly slabs = new Slabs()
  private rest: Buffer = Buffer.alloc(0)
  private readonly to: Login

  private constructor(to: Login, socket: Socket, reads: Reads, parameters: Record<string, string>) {
    this.to = to
    this.socket = socket
    this.reads = reads
    this.parameters = parameters
  }

  static async open(to: Login, signal: AbortSignal): Promise<Wire> {
    signal.throwIfAborted()
    const short = await shortFolder(to)
    // TLS reads by itself.
    const own = to.ssl ? undefined : frugalSocket()
    const client = new pg.Client({
      ...to,
      ...(own && { stream: () => own.socket }),
      host: short?.folder ?? to.host,
      ssl: to.ssl ?? false,
      connectionTimeoutMillis: CONNECT_MS,
      application_name: 'landfall backup',
      options: '',
    })
    client.on('error', () => {})
    const parameters: Record<string, string> = {}
    const heard = client as unknown as { connection: { stream: Socket; on(name: string, tell: (m: Status) => void): void } } // Not in its types.
    heard.connection.on('parameterStatus', (m) => (parameters[m.parameterName] = m.parameterValue))
    try {
      await client.connect()
    } catch (cause) {
      throw failed(to, cause)
    } finally {
      await short?.remove()
    }
    const { stream } = heard.connection
    for (const name of ['data', 'end', 'error', 'close']) stream.removeAllListeners(name)
    const reads = new Reads(stream, own)
    signal.addEventListener('abort', () => stream.destroy(new Error('cancelled')), { once: true })
    return new Wire(to, stream, reads, parameters)
  }

  /** Rows of the last statement, as text; `null` where a value is null. Several statements may stand in one. */
  async query(sql: string): Promise<(string | null)[][]> {
    this.send('Q', Buffer.from(`${sql}\0`))
    let rows: (string | null)[][] = []
    let failure: LandfallError | undefined
    for (;;) {
      const { type, body } = await this.message()
      if (type === 'Z') break
      if (type === 'T') rows = []
      if (type === 'D') rows.push(rowOf(body))
      if (type === 'E') failure ??= serverError(body, sql)
    }
    if (failure) throw failure
    return rows
  }

  /** The bytes that `COPY … TO STDOUT` gives, each piece valid until the next is asked for. `tell` hears how many rows they were, once they are all through. */
  async *copyOut(sql: string, tell: (rows: number) => void): AsyncGenerator<Buffer> {
    this.send('Q', Buffer.from(`${sql}\0`))
    const first = await this.message()
    if (first.type !== 'H') throw await this.fail(first, sql)
    const rows = new CopyRows(this.slabs)
    const take = (bytes: Buffer): boolean => {
      rows.take(bytes)
      if (rows.waiting > 0 || rows.rest) this.reads.tell()
      return rows.waiting < AHEAD && !rows.rest
    }
    take(this.rest)
    this.rest = Buffer.alloc(0)
    this.reads.divert(take)
    try {
      for (;;) {
        const piece = rows.next()
        if (piece) yield piece
        else if (rows.rest) break
        else await this.more()
      }
    } finally {
      this.reads.divert(undefined)
    }
    this.rest = rows.rest
    for (;;) {
      const m = await this.message()
      if (m.type === 'E') throw await this.fail(m, sql)
      if (m.type === 'Z') break
    }
    tell(rows.count)
  }

  /** `COPY … FROM STDIN`; where the source fails, nothing of it stays. */
  async copyIn(sql: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    this.send('Q', Buffer.from(`${sql}\0`))
    const first = await this.message()
    if (first.type !== 'G') throw await this.fail(first, sql)
    try {
      for await (const chunk of source) {
        if (chunk.length === 0) continue
        const head = Buffer.alloc(5)
        head[0] = D
        head.writeUInt32BE(chunk.length + 4, 1)
        this.socket.write(head)
        if (!this.socket.write(chunk)) await this.drained()
        if (this.socket.destroyed) break
      }
    } catch (error) {
      this.send('f', Buffer.from('the source ended\0'))
      await this.ready()
      throw error
    }
    this.send('c', Buffer.alloc(0))
    for (;;) {
      const m = await this.message()
      if (m.type === 'E') throw await this.fail(m, sql)
      if (m.type === 'Z') return
    }
  }

  close(): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.from([0x58, 0, 0, 0, 4]))
    this.socket.destroySoon()
  }

  private send(type: string, body: Buffer): void {
    const head = Buffer.alloc(5)
    head.write(type, 'latin1')
    head.writeUInt32BE(body.length + 4, 1)
    this.socket.write(Buffer.concat([head, body]))
  }

  private async drained(): Promise<void> {
    // A server that refuses a row says so while we still send: its answer must not fill up the other direction for ever.
    await new Promise<void>((resolve) => {
      const done = () => {
        this.socket.off('drain', done)
        this.socket.off('close', done)
        resolve()
      }
      this.socket.on('drain', done)
      this.socket.on('close', done)
    })
  }

  /** All that comes from now on, for somebody else who understands it. Ends with the connection. */
  async *answers(): AsyncGenerator<Buffer> {
    for (;;) {
      const bytes = await this.reads.next().catch(() => undefined)
      if (!bytes) return
      yield bytes
    }
  }

  private chunk(): Promise<Buffer> {
    return this.reads.next().catch((cause: unknown) => {
      throw failed(this.to, cause)
    })
  }

  private more(): Promise<void> {
    return this.reads.more().catch((cause: unknown) => {
      throw failed(this.to, cause)
    })
  }

  private async message(): Promise<{ type: string; body: Buffer }> {
    while (this.rest.length < 5) this.rest = Buffer.concat([this.rest, await this.chunk()])
    const end = 1 + this.rest.readUInt32BE(1)
    if (this.rest.length < end) {
      const parts = [this.rest]
      let length = this.rest.length
      while (length < end) {
        const chunk = await this.chunk()
        parts.push(chunk)
        length += chunk.length
      }
      this.rest = Buffer.concat(parts)
    }
    const type = String.fromCharCode(this.rest[0] ?? 0)
    const body = this.rest.subarray(5, end)
    this.rest = this.rest.subarray(end)
    return { type, body }
  }

  private async fail(m: { type: string; body: Buffer }, sql: string): Promise<LandfallError> {
    if (m.type !== 'E') return this.fail(await this.message(), sql)
    await this.ready()
    return serverError(m.body, sql)
  }

  private async ready(): Promise<void> {
    while ((await this.message()).type !== 'Z');
  }
}
interface Status {
  parameterName: string
  parameterValue: string
}

function rowOf(body: Buffer): (string | null)[] {
  const row: (string | null)[] = []
  let at = 2
  for (let i = body.readUInt16BE(0); i > 0; i--) {
    const length = body.readInt32BE(at)
    at += 4
    row.push(length < 0 ? null : body.toString('utf8', at, at + length))
    if (length > 0) at += length
  }
  return row
}

/** Keeps the server's words and code; of the statement only its first line, since values may stand in it. */
function serverError(body: Buffer, sql: string): LandfallError {
  const fields: Record<string, string> = {}
  for (const field of body.toString('utf8').split('\0')) if (field) fields[field[0]!] = field.slice(1)
  const code = fields.C ?? ''
  return new LandfallError({
    code: code.startsWith('53') ? 'E_DISK_FULL' : 'E_SQL',
    message: `PostgreSQL: ${fields.M ?? 'error'} (${code})`,
    detail: [fields.D, fields.H, `in: ${sql.trim().split('\n', 1)[0]?.slice(0, 200)}`].filter(Boolean).join('\n'),
  })
}

function failed(to: Login, cause: unknown): LandfallError {
  const where = to.host.startsWith('/') ? `the socket in ${to.host}` : `${to.host}:${to.port}`
  const why = cause instanceof Error && cause.message ? cause.message : String(cause)
  return new LandfallError({ code: 'E_LOGIN', message: `PostgreSQL at ${where} as ${to.user}: ${why}`, cause })
}

/** The path of a socket has a limit far below that of files: a short link goes in between. */
async function shortFolder(to: Login): Promise<{ folder: string; remove(): Promise<void> } | undefined> {
  if (!to.host.startsWith('/') || Buffer.byteLength(`${to.host}/.s.PGSQL.${to.port}`) < MAX_SOCKET_PATH) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'lf-pg-'))
  await symlink(to.host, join(folder, 's'))
  return { folder: join(folder, 's'), remove: () => rm(folder, { recursive: true, force: true }) }
}

/** A name as it stands in a statement. */
export const name = (text: string): string => pg.escapeIdentifier(text)
export const literal = (text: string): string => pg.escapeLiteral(text)
