import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolder, writeAtomic } from '../../../lib/atomic.ts'
import { codeOf } from '../../../lib/error.ts'
import { type Bounds, type Envelope, indexFile, messageFile, messagesFolder, readLine } from '../mailbox-format.ts'

/**
 * The messages of one mailbox on the disk. A message has its line in the index before it has its name, so that a crash leaves
 * lines without a message, which are nothing, and never a message without a line.
 */
export class MailStore {
  private readonly folder: string
  private readonly bounds: Bounds
  private envelopes: Envelope[]
  private bytes: number
  private nextId: number
  private indexBytes = 0

  constructor(folder: string, bounds: Bounds) {
    this.folder = folder
    this.bounds = bounds
    mkdirSync(messagesFolder(folder), { recursive: true, mode: 0o700 })
    const lines = readIndex(folder)
    this.nextId = Math.max(0, ...lines.map((e) => e.id)) + 1
    this.envelopes = this.settle(lines)
    this.bytes = this.envelopes.reduce((sum, e) => sum + e.sizeBytes, 0)
    this.trim()
  }

  /** Where a message may be written while it comes in. */
  incoming(): string {
    return join(messagesFolder(this.folder), `.${randomBytes(8).toString('hex')}.tmp`)
  }

  /** Takes a message that lies whole and synced in `file`. On the disk when this returns. */
  add(file: string, envelope: Omit<Envelope, 'id'>): Envelope {
    const added = { id: this.nextId, ...envelope }
    this.append(added)
    this.nextId += 1
    renameSync(file, messageFile(this.folder, added.id))
    syncFolder(messagesFolder(this.folder))
    this.envelopes.push(added)
    this.bytes += added.sizeBytes
    this.trim()
    return added
  }

  private append(envelope: Envelope): void {
    const file = indexFile(this.folder)
    const before = this.indexBytes
    const line = `${JSON.stringify(envelope)}\n`
    try {
      appendFileSync(file, line, { flush: true, mode: 0o600 })
      this.indexBytes += Buffer.byteLength(line)
    } catch (error) {
      // A full disk may have taken half of it, which the next line must not continue.
      truncateSync(file, before)
      throw error
    }
  }

  /** The oldest go, some more than must, so that the index is not written anew for every message. */
  private trim(): void {
    const { messages, bytes } = this.bounds
    if (this.envelopes.length <= messages && this.bytes <= bytes) return
    const gone: Envelope[] = []
    while (this.envelopes.length > messages * 0.9 || this.bytes > bytes * 0.9) {
      const [oldest] = this.envelopes.splice(0, 1)
      if (!oldest) break
      this.bytes -= oldest.sizeBytes
      gone.push(oldest)
    }
    this.writeIndex(this.envelopes)
    for (const { id } of gone) rmSync(messageFile(this.folder, id), { force: true })
  }

  /** After a start: what a crash left half done goes. */
  private settle(lines: Envelope[]): Envelope[] {
    const files = new Set(readdirSync(messagesFolder(this.folder)))
    const whole = lines.filter(({ id }) => files.has(`${id}.eml`))
    this.writeIndex(whole)
    const known = new Set(whole.map(({ id }) => `${id}.eml`))
    for (const name of files) if (!known.has(name)) rmSync(join(messagesFolder(this.folder), name), { force: true })
    return whole
  }

  private writeIndex(envelopes: Envelope[]): void {
    const text = envelopes.map((e) => `${JSON.stringify(e)}\n`).join('')
    writeAtomic(indexFile(this.folder), text)
    this.indexBytes = Buffer.byteLength(text)
  }
}

function readIndex(folder: string): Envelope[] {
  try {
    return readFileSync(indexFile(folder), 'utf8')
      .split('\n')
      .flatMap((line) => readLine(line) ?? [])
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}
