import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { LandfallError } from '../../../lib/error.ts'

/** What Redis answers; texts are bytes, since values are. */
export type Answer = Buffer | number | null | Answer[] | { error: string }
type Word = string | number | Buffer

const IDLE_MS = 30_000

/** A session for whole data sets: binary, and many questions at a time. */
export class Connection {
  private readonly socket: Socket
  private readonly url: URL
  private bytes: Buffer = Buffer.alloc(0)
  private readonly waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = []
  private failure: Error | undefined

  private constructor(socket: Socket, url: URL) {
    this.socket = socket
    this.url = url
    socket.setTimeout(IDLE_MS, () => socket.destroy(new Error(`no answer within ${IDLE_MS / 1000} s`)))
    socket.on('error', (error) => this.fail(error))
    socket.on('close', () => this.fail(new Error('the connection ended')))
    socket.on('data', (chunk: Buffer) => this.read(chunk))
  }

  static async open(text: string, signal: AbortSignal): Promise<Connection> {
    if (!URL.canParse(text) || !/^rediss?:$/.test(new URL(text).protocol)) {
      throw new LandfallError({ code: 'E_URL', message: 'the URL is none of Redis: redis://… or rediss://…' })
    }
    const url = new URL(text)
    const to = { host: url.hostname, port: Number(url.port || 6379) }
    const socket = url.protocol === 'rediss:' ? connectTls({ ...to, servername: url.hostname }) : connect(to)
    signal.addEventListener('abort', () => socket.destroy(new Error('cancelled')), { once: true })
    const connection = new Connection(socket, url)
    const password = decodeURIComponent(url.password)
    const user = decodeURIComponent(url.username)
    if (password) await connection.ask(user ? ['AUTH', user, password] : ['AUTH', password])
    return connection
  }

  /** An error of the server is thrown. */
  async ask(words: Word[]): Promise<Answer> {
    const [answer] = await this.askAll([words])
    return answer ?? null
  }

  /** In one go; the answers in the same order. */
  async askAll(commands: Word[][]): Promise<Answer[]> {
    const answers = commands.map(
      () =>
        new Promise<Answer>((resolve, reject) =>
          this.failure ? reject(this.told(this.failure)) : this.waiting.push({ resolve, reject }),
        ),
    )
    this.socket.write(Buffer.concat(commands.map(encode)))
    const all = await Promise.all(answers)
    for (const [i, answer] of all.entries()) {
      if (answer !== null && typeof answer === 'object' && 'error' in answer) {
        throw new LandfallError({ code: 'E_REDIS', message: `Redis: ${answer.error}`, detail: `in: ${String(commands[i]?.[0])}` })
      }
    }
    return all
  }

  close(): void {
    this.socket.removeAllListeners('close')
    this.socket.destroySoon()
  }

  private read(chunk: Buffer): void {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk])
    for (let at = 0; ; ) {
      const read = parse(this.bytes, at)
      if (!read) {
        this.bytes = this.bytes.subarray(at)
        return
      }
      at = read.next
      this.waiting.shift()?.resolve(read.answer)
    }
  }

  private fail(error: Error): void {
    this.failure ??= error
    for (const { reject } of this.waiting.splice(0)) reject(this.told(this.failure))
  }

  private told(cause: Error): LandfallError {
    return new LandfallError({ code: 'E_LOGIN', message: `Redis at ${this.url.host}: ${cause.message}`, cause })
  }
}

function encode(words: Word[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)]
  for (const word of words) {
    const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word))
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'))
  }
  return Buffer.concat(parts)
}

function parse(bytes: Buffer, at: number): { answer: Answer; next: number } | undefined {
  const end = bytes.indexOf('\r\n', at)
  if (end < 0) return undefined
  const line = bytes.toString('utf8', at + 1, end)
  let next = end + 2
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case '+':
      return { answer: Buffer.from(line), next }
    case '-':
      return { answer: { error: line }, next }
    case ':':
      return { answer: Number(line), next }
    case '$': {
      const length = Number(line)
      if (length < 0) return { answer: null, next }
      if (bytes.length < next + length + 2) return undefined
      return { answer: Buffer.from(bytes.subarray(next, next + length)), next: next + length + 2 }
    }
    case '*': {
      const list: Answer[] = []
      for (let i = Number(line); i > 0; i--) {
        const read = parse(bytes, next)
        if (!read) return undefined
        list.push(read.answer)
        next = read.next
      }
      return { answer: list, next }
    }
    default:
      return { answer: { error: 'what answers there does not speak as Redis does' }, next: bytes.length }
  }
}
