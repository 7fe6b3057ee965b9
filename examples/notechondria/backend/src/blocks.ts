import { type Database, inTransaction, type Queries, rowOf, rowsOf } from './database.ts'
import { found } from './failure.ts'

export const KINDS = ['text', 'heading', 'code', 'quote'] as const
export type Kind = (typeof KINDS)[number]
export interface Block {
  id: number
  kind: Kind
  text: string
  position: number
}
export interface BlockChange {
  kind?: Kind | undefined
  text?: string | undefined
}
const COLUMNS = 'b.id, b.kind, b.text, b.position'
export type Blocks = ReturnType<typeof createBlocks>

export function blocksOf(on: Queries, noteId: number): Promise<Block[]> {
  return rowsOf<Block>(on, `select ${COLUMNS} from blocks b where b.note_id = $1 order by b.position, b.id`, [noteId])
}

/** Puts these in place of what a note has. */
export async function replaceBlocks(on: Queries, noteId: number, blocks: { kind: string; text: string }[]): Promise<void> {
  await on.query('delete from blocks where note_id = $1', [noteId])
  for (const [position, { kind, text }] of blocks.entries()) {
    await on.query('insert into blocks (note_id, kind, text, position) values ($1, $2, $3, $4)', [noteId, kind, text, position])
  }
}

/** Blocks of notes of one's own that are not in the recycle bin; whoever changes one has changed its note. */
export function createBlocks(database: Database) {
  const touch = async (on: Queries, userId: number, noteId: number): Promise<void> => {
    const note = await on.query('update notes set updated_at = now() where id = $1 and owner_id = $2 and deleted_at is null', [
      noteId,
      userId,
    ])
    found(note.rowCount === 1 ? note : undefined)
  }
  const OWN = 'n.id = b.note_id and n.owner_id = $1 and n.deleted_at is null'
  return {
    create: (userId: number, noteId: number, { kind = 'text', text = '' }: BlockChange) =>
      inTransaction(database, async (client) => {
        await touch(client, userId, noteId)
        const block = await rowOf<Block>(
          client,
          `insert into blocks as b (note_id, kind, text, position)
           select $1, $2, $3, coalesce(max(position) + 1, 0) from blocks where note_id = $1 returning ${COLUMNS}`,
          [noteId, kind, text],
        )
        return found(block)
      }),

    update: (userId: number, id: number, { kind, text }: BlockChange) =>
      inTransaction(database, async (client) => {
        const block = await rowOf<Block & { note_id: number }>(
          client,
          `update blocks b set kind = coalesce($3, b.kind), text = coalesce($4, b.text) from notes n
           where b.id = $2 and ${OWN} returning ${COLUMNS}, b.note_id`,
          [userId, id, kind, text],
        )
        const { note_id: noteId, ...rest } = found(block)
        await touch(client, userId, noteId)
        return rest
      }),

    remove: (userId: number, id: number) =>
      inTransaction(database, async (client) => {
        const sql = `delete from blocks b using notes n where b.id = $2 and ${OWN} returning b.note_id`
        await touch(client, userId, found(await rowOf<{ note_id: number }>(client, sql, [userId, id])).note_id)
      }),

    reorder: (userId: number, noteId: number, ids: number[]) =>
      inTransaction(database, async (client) => {
        await touch(client, userId, noteId)
        await client.query(
          `update blocks b set position = n.position from (
             select id, row_number() over (order by array_position($2::int[], id), position, id) as position from blocks where note_id = $1
           ) n where n.id = b.id`,
          [noteId, ids],
        )
        return blocksOf(client, noteId)
      }),
  }
}
