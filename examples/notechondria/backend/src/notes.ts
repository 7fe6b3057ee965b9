import { record } from './activity.ts'
import { type Block, blocksOf, type Kind, replaceBlocks } from './blocks.ts'
import { type Database, inTransaction, type Queries, rowOf, rowsOf } from './database.ts'
import { found } from './failure.ts'
import { addNote } from './welcome.ts'

export interface NoteLine {
  id: number
  uuid: string
  title: string
  course_id: number
  updated_at: Date
  deleted_at: Date | null
}
export interface Note extends NoteLine {
  is_own: boolean
  blocks: Block[]
}
export interface NewNote {
  title: string
  course_id?: number | undefined
  blocks?: { kind: Kind; text: string }[] | undefined
}
export interface NoteChange {
  title?: string | undefined
  course_id?: number | undefined
}
export interface Version {
  number: number
  title: string
  created_at: Date
}
const LINE = 'n.id, n.uuid, n.title, n.course_id, n.updated_at, n.deleted_at'
export type Notes = ReturnType<typeof createNotes>

export function createNotes(database: Database) {
  /** Its own, or one in a course that is public. */
  async function get(userId: number, id: number | string): Promise<Note> {
    const note = await rowOf<NoteLine & { is_own: boolean }>(
      database,
      `select ${LINE}, n.owner_id = $1 as is_own from notes n join courses c on c.id = n.course_id
       where ${typeof id === 'number' ? 'n.id' : 'n.uuid'} = $2 and n.deleted_at is null and (n.owner_id = $1 or c.is_public)`,
      [userId, id],
    )
    return { ...found(note), blocks: await blocksOf(database, found(note).id) }
  }
  /** For changes: one's own and not in the recycle bin. Locks it. */
  async function own(on: Queries, userId: number, id: number): Promise<NoteLine> {
    const sql = `select ${LINE} from notes n where n.id = $2 and n.owner_id = $1 and n.deleted_at is null for update`
    return found(await rowOf<NoteLine>(on, sql, [userId, id]))
  }
  async function courseFor(on: Queries, userId: number, id: number | undefined): Promise<number> {
    const sql = id === undefined ? 'is_default and $2::int is null' : 'id = $2'
    const course = await rowOf<{ id: number }>(on, `select id from courses where owner_id = $1 and ${sql}`, [userId, id])
    return found(course).id
  }

  return {
    get,
    own: (userId: number, id: number) => own(database, userId, id),

    /** The last ones first; of one course where it is named. */
    list: (userId: number, courseId?: number) =>
      rowsOf<NoteLine>(
        database,
        `select ${LINE} from notes n join courses c on c.id = n.course_id where n.deleted_at is null
         and case when $2::int is null then n.owner_id = $1 else c.id = $2 and (c.owner_id = $1 or c.is_public) end
         order by n.updated_at desc, n.id desc limit 200`,
        [userId, courseId],
      ),

    /** Words that stand in the title or in a block, whatever their case. */
    search: (userId: number, words: string) =>
      rowsOf<NoteLine>(
        database,
        `select ${LINE} from notes n where n.owner_id = $1 and n.deleted_at is null and (n.title ilike $2
         or exists (select from blocks b where b.note_id = n.id and b.text ilike $2)) order by n.updated_at desc limit 50`,
        [userId, `%${words.replace(/[\\%_]/g, '\\$&')}%`],
      ),

    async create(userId: number, { title, course_id: courseId, blocks = [] }: NewNote): Promise<Note> {
      const id = await inTransaction(database, async (client) => {
        const made = await addNote(client, userId, await courseFor(client, userId, courseId), title, blocks)
        await record(client, userId, 'note.created', title)
        return made
      })
      return get(userId, id)
    },

    async update(userId: number, id: number, { title, course_id: courseId }: NoteChange): Promise<Note> {
      await inTransaction(database, async (client) => {
        const note = await own(client, userId, id)
        const course = courseId === undefined ? undefined : await courseFor(client, userId, courseId)
        await client.query(
          'update notes set title = coalesce($2, title), course_id = coalesce($3, course_id), updated_at = now() where id = $1',
          [id, title, course],
        )
        await record(client, userId, 'note.changed', title ?? note.title)
      })
      return get(userId, id)
    },

    /** Into the recycle bin. */
    remove: (userId: number, id: number) =>
      inTransaction(database, async (client) => {
        const note = await own(client, userId, id)
        await client.query('update notes set deleted_at = now() where id = $1', [id])
        await record(client, userId, 'note.deleted', note.title)
      }),
    deleted: (userId: number) =>
      rowsOf<NoteLine>(
        database,
        `select ${LINE} from notes n where n.owner_id = $1 and n.deleted_at is not null order by n.deleted_at desc`,
        [userId],
      ),
    async restore(userId: number, id: number): Promise<Note> {
      const sql = `update notes n set deleted_at = null where id = $2 and owner_id = $1 and deleted_at is not null returning ${LINE}`
      const note = found(await rowOf<NoteLine>(database, sql, [userId, id]))
      await record(database, userId, 'note.restored', note.title)
      return get(userId, id)
    },
    /** For good; the keys of attachments whose files are to go with them. */
    emptyBin: (userId: number) =>
      inTransaction(database, async (client) => {
        const keys = await rowsOf<{ key: string }>(
          client,
          'select a.key from attachments a join notes n on n.id = a.note_id where n.owner_id = $1 and n.deleted_at is not null',
          [userId],
        )
        await client.query('delete from notes where owner_id = $1 and deleted_at is not null', [userId])
        return keys.map(({ key }) => key)
      }),

    async history(userId: number, id: number): Promise<Version[]> {
      await own(database, userId, id)
      return rowsOf<Version>(database, 'select number, title, created_at from versions where note_id = $1 order by number desc', [
        id,
      ])
    },
    snapshot: (userId: number, id: number) =>
      inTransaction(database, async (client) => keep(client, await own(client, userId, id))),
    /** What the note is now is kept first, so that this can be undone too. */
    async restoreVersion(userId: number, id: number, number: number): Promise<Note> {
      await inTransaction(database, async (client) => {
        const note = await own(client, userId, id)
        const version = await rowOf<{ title: string; blocks: { kind: string; text: string }[] }>(
          client,
          'select title, blocks from versions where note_id = $1 and number = $2',
          [id, number],
        )
        const { title, blocks } = found(version)
        await keep(client, note)
        await client.query('update notes set title = $2, updated_at = now() where id = $1', [id, title])
        await replaceBlocks(client, id, blocks)
        await record(client, userId, 'note.version_restored', title)
      })
      return get(userId, id)
    },
  }
}

async function keep(on: Queries, { id, title }: NoteLine): Promise<Version> {
  const blocks = (await blocksOf(on, id)).map(({ kind, text }) => ({ kind, text }))
  const version = await rowOf<Version>(
    on,
    `insert into versions (note_id, number, title, blocks)
     select $1, coalesce(max(number), 0) + 1, $2, $3 from versions where note_id = $1 returning number, title, created_at`,
    [id, title, JSON.stringify(blocks)],
  )
  return version! // An insert that did not throw gives its row.
}
