import { close, openSync, write } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'

export interface AccessLine {
  status: number
  ms: number
  method: string
  target: string
  host: string
  id: string
  bytes: number
  /** `server@r42`. */
  to: string
  /** A socket or an event stream: how long it lived says nothing. */
  isLong: boolean
}

const FLUSH_MS = 500
const FLUSH_BYTES = 64 * 1024
/** Beyond that the disk does not keep up, and lines are counted instead of kept. */
const BUFFER_MAX = 4 * 1024 * 1024
const FILE_MAX = 16 * 1024 * 1024
const FILES = 4

/** One line a request, written in the background; at most five files of 16 MiB. */
export class AccessLog {
  private readonly path: string
  private buffer = ''
  private dropped = 0
  private file: number | undefined
  private size = 0
  private isWriting = false
  private timer: NodeJS.Timeout | undefined
  private stamp = ''
  private stampMs = 0

  constructor(path: string) {
    this.path = path
  }

  add(line: AccessLine): void {
    if (this.buffer.length > BUFFER_MAX) {
      this.dropped += 1
      return
    }
    const ms = Math.round(line.ms)
    this.buffer += `${this.now()} ${level(line, ms)} ${line.status} ${ms} ${line.method} ${shown(line.target)} host=${line.host || '-'} id=${line.id} bytes=${line.bytes} to=${line.to}\n`
    if (this.buffer.length >= FLUSH_BYTES) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), FLUSH_MS)
  }

  /** Everything so far is in the file once this resolves. */
  async close(): Promise<void> {
    while (this.isWriting || this.buffer !== '') {
      this.flush()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    if (this.file !== undefined) close(this.file)
    this.file = undefined
  }

  private flush(): void {
    if (this.isWriting) return // Its end looks again.
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.buffer === '') return
    let text = this.buffer
    this.buffer = ''
    if (this.dropped > 0) {
      text += `${new Date().toISOString()} warn dropped ${this.dropped} lines: the disk did not keep up\n`
      this.dropped = 0
    }
    this.isWriting = true
    this.append(Buffer.from(text))
      .catch(() => {
        // A full disk must not stop requests; what could not be written is gone, and the next line tries anew.
        if (this.file !== undefined) close(this.file)
        this.file = undefined
      })
      .finally(() => {
        this.isWriting = false
        if (this.buffer.length >= FLUSH_BYTES) this.flush()
        else if (this.buffer !== '') this.timer ??= setTimeout(() => this.flush(), FLUSH_MS)
      })
  }

  private async append(bytes: Buffer): Promise<void> {
    if (this.file === undefined) {
      this.file = openSync(this.path, 'a', 0o640)
      this.size = (await stat(this.path)).size
    }
    const file = this.file
    await new Promise<void>((resolve, reject) => write(file, bytes, (error) => (error ? reject(error) : resolve())))
    this.size += bytes.length
    if (this.size > FILE_MAX) await this.rotate()
  }

  private async rotate(): Promise<void> {
    if (this.file !== undefined) close(this.file)
    this.file = undefined
    await rm(`${this.path}.${FILES}`, { force: true })
    for (let n = FILES - 1; n >= 1; n--) await rename(`${this.path}.${n}`, `${this.path}.${n + 1}`).catch(() => {}) // Not there yet.
    await rename(this.path, `${this.path}.1`)
  }

  private now(): string {
    const ms = Date.now()
    if (ms !== this.stampMs) {
      this.stampMs = ms
      this.stamp = new Date(ms).toISOString()
    }
    return this.stamp
  }
}

function level(line: AccessLine, ms: number): string {
  if (line.status >= 500 || (ms >= 2000 && !line.isLong)) return 'error'
  return line.status >= 400 || (ms >= 500 && !line.isLong) ? 'warn' : 'info'
}

/** Without the query, where secrets stand. */
function shown(target: string): string {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : `${target.slice(0, mark)}?…`
  return path.length > 1024 ? `${path.slice(0, 1024)}…` : path
}
