import { type Database, type Queries, rowOf, rowsOf } from './database.ts'
import { found } from './failure.ts'

export interface ActivityLine {
  kind: string
  what: string
  at: Date
}
export interface HeatmapDay {
  day: string
  count: number
}
export interface NoteSession {
  id: number
  note_id: number
  started_at: Date
  ended_at: Date | null
}

/** `kind` is `note.created`, `event.completed`…; `what` is what a person calls it. */
export async function record(on: Queries, userId: number, kind: string, what: string): Promise<void> {
  await on.query('insert into activity (user_id, kind, what) values ($1, $2, $3)', [userId, kind, what])
}

export function recentActivity(database: Database, userId: number, days: number): Promise<ActivityLine[]> {
  return rowsOf<ActivityLine>(
    database,
    `select kind, what, at from activity where user_id = $1 and at > now() - $2 * interval '1 day' order by at desc, id desc limit 50`,
    [userId, days],
  )
}

/** Days with something on them, of the last year. */
export function heatmap(database: Database, userId: number): Promise<HeatmapDay[]> {
  return rowsOf<HeatmapDay>(
    database,
    `select to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*)::int as count from activity
     where user_id = $1 and at > now() - interval '365 days' group by 1 order by 1`,
    [userId],
  )
}

export async function startNoteSession(database: Database, userId: number, noteId: number): Promise<NoteSession> {
  const row = await rowOf<NoteSession>(
    database,
    'insert into note_sessions (user_id, note_id) values ($1, $2) returning id, note_id, started_at, ended_at',
    [userId, noteId],
  )
  return found(row)
}
export async function endNoteSession(database: Database, userId: number, id: number): Promise<NoteSession> {
  const row = await rowOf<NoteSession>(
    database,
    `update note_sessions set ended_at = coalesce(ended_at, now()) where id = $1 and user_id = $2
     returning id, note_id, started_at, ended_at`,
    [id, userId],
  )
  return found(row)
}
export function listNoteSessions(database: Database, userId: number): Promise<NoteSession[]> {
  return rowsOf<NoteSession>(
    database,
    'select id, note_id, started_at, ended_at from note_sessions where user_id = $1 order by id desc limit 50',
    [userId],
  )
}
