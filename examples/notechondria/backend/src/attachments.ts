import { type Database, rowOf, rowsOf } from './database.ts'
import { found } from './failure.ts'
import type { Notes } from './notes.ts'
import { randomHex } from './secrets.ts'
import type { Store } from './store.ts'

export interface Attachment {
  id: number
  name: string
  type: string
  size: number
  url: string
}
interface Row extends Omit<Attachment, 'url'> {
  key: string
}
const COLUMNS = 'id, name, type, size, key'
export type Attachments = ReturnType<typeof createAttachments>

/** `urlOf`: where a browser gets what has this key. */
export function createAttachments(database: Database, notes: Notes, store: Store, urlOf: (key: string) => string) {
  const shown = ({ key, ...rest }: Row): Attachment => ({ ...rest, url: urlOf(key) })
  return {
    async list(userId: number, noteId: number): Promise<Attachment[]> {
      await notes.get(userId, noteId)
      const sql = `select ${COLUMNS} from attachments where note_id = $1 order by id`
      return (await rowsOf<Row>(database, sql, [noteId])).map(shown)
    },

    /** The file first: a row without its file would be a broken link, a file without a row is only waste. */
    async add(userId: number, noteId: number, file: File): Promise<Attachment> {
      const { uuid } = await notes.own(userId, noteId)
      const name = file.name.slice(0, 120) || 'file'
      const key = `${uuid}/${randomHex(32)}-${name.replace(/[^\w.-]+/g, '_').replace(/^\.+/, '')}`
      const type = file.type || 'application/octet-stream'
      await store.put(key, new Uint8Array(await file.arrayBuffer()), type)
      const row = await rowOf<Row>(
        database,
        `insert into attachments (note_id, name, type, size, key) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
        [noteId, name, type, file.size, key],
      )
      return shown(found(row))
    },

    async remove(userId: number, noteId: number, id: number): Promise<void> {
      await notes.own(userId, noteId)
      const sql = `delete from attachments where note_id = $1 and id = $2 returning ${COLUMNS}`
      await store.remove(found(await rowOf<Row>(database, sql, [noteId, id])).key)
    },

    /** Of files whose rows are gone. */
    async removeFiles(keys: string[]): Promise<void> {
      for (const key of keys) await store.remove(key)
    },

    /** Whoever knows the key may read it: it holds 128 random bits. */
    async read(key: string): Promise<{ type: string; body: Uint8Array<ArrayBuffer> }> {
      const row = found(await rowOf<Row>(database, `select ${COLUMNS} from attachments where key = $1`, [key]))
      return { type: row.type, body: found(await store.get(key)) }
    },
  }
}
