import { LandfallError } from '../../../lib/error.ts'
import type { SealedFile } from '../state/sealed-file.ts'

/** Ports that were given out, for ever: nobody else gets one that stands here. */
export interface PortBook {
  main?: number
  /** By `app/environment host`. */
  hosts: Record<string, number>
  /** By `app/environment/component`. */
  addresses: Record<string, number>
}

/** Never trusts its memory alone: a port counts as given once the disk knows. */
export class Ports {
  book: PortBook = { hosts: {}, addresses: {} }
  alerts: string[] = []
  private readonly file: SealedFile
  constructor(file: SealedFile) {
    this.file = file
  }

  async load(): Promise<void> {
    const { value, alerts } = await this.file.read()
    if (value) this.book = value as PortBook // Sealed by us.
    this.alerts.push(...alerts)
  }

  async give(kind: 'hosts' | 'addresses', key: string, port: number): Promise<void> {
    await this.save({ ...this.book, [kind]: { ...this.book[kind], [key]: port } })
  }

  async setMain(port: number): Promise<void> {
    if (this.book.main !== port) await this.save({ ...this.book, main: port })
  }

  /** Whom a port belongs to. */
  ownerOf(port: number): { kind: 'hosts' | 'addresses'; key: string } | undefined {
    for (const kind of ['hosts', 'addresses'] as const) {
      for (const [key, given] of Object.entries(this.book[kind])) if (given === port) return { kind, key }
    }
    return undefined
  }

  private async save(book: PortBook): Promise<void> {
    try {
      await this.file.write(book)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new LandfallError({ code: 'E_DISK', message: `the port could not be put on record: ${why}`, cause: error })
    }
    this.book = book
  }
}
