import { record } from './activity.ts'
import { type Database, rowOf, rowsOf } from './database.ts'
import { found } from './failure.ts'
import { calendarAddress, readFeed } from './feed.ts'
import { type FeedEvent, parseCalendar } from './ical.ts'

export interface PlannerEvent {
  id: number
  title: string
  starts_at: Date
  ends_at: Date | null
  is_completed: boolean
  note_id: number | null
}
export interface NewEvent {
  title: string
  starts_at: string
  ends_at?: string | null | undefined
  note_id?: number | null | undefined
}
export type EventChange = Partial<NewEvent> & { is_completed?: boolean | undefined }
export interface Feed {
  id: number
  name: string
  url: string
}
const EVENT = 'id, title, starts_at, ends_at, is_completed, note_id'
export type Planner = ReturnType<typeof createPlanner>

export function createPlanner(database: Database, allowsPrivateFeeds: boolean) {
  async function update(userId: number, id: number, change: EventChange): Promise<PlannerEvent> {
    const row = await rowOf<PlannerEvent>(
      database,
      `update planner_events set title = coalesce($3, title), starts_at = coalesce($4, starts_at),
         ends_at = case when $6 then $5 else ends_at end, is_completed = coalesce($7, is_completed)
       where id = $2 and owner_id = $1 returning ${EVENT}`,
      [userId, id, change.title, change.starts_at, change.ends_at, change.ends_at !== undefined, change.is_completed],
    )
    const event = found(row)
    await record(database, userId, change.is_completed ? 'event.completed' : 'event.changed', event.title)
    return event
  }
  return {
    /** By time, five hundred at once. */
    list: (userId: number, offset = 0) =>
      rowsOf<PlannerEvent>(
        database,
        `select ${EVENT} from planner_events where owner_id = $1 order by starts_at, id limit 500 offset $2`,
        [userId, offset],
      ),

    /** About a note, where one of one's own is named. */
    async create(userId: number, { title, starts_at: startsAt, ends_at: endsAt, note_id: noteId }: NewEvent) {
      const row = await rowOf<PlannerEvent>(
        database,
        `insert into planner_events (owner_id, title, starts_at, ends_at, note_id)
         select $1, $2, $3, $4, $5 where $5::int is null or exists (select from notes where id = $5 and owner_id = $1)
         returning ${EVENT}`,
        [userId, title, startsAt, endsAt, noteId],
      )
      await record(database, userId, 'event.created', title)
      return found(row)
    },
    update,
    complete: (userId: number, id: number) => update(userId, id, { is_completed: true }),
    async remove(userId: number, id: number): Promise<void> {
      const gone = await database.query('delete from planner_events where id = $2 and owner_id = $1', [userId, id])
      found(gone.rowCount === 1 ? gone : undefined)
    },

    feeds: (userId: number) =>
      rowsOf<Feed>(database, 'select id, name, url from calendar_feeds where owner_id = $1 order by id', [userId]),
    /** The address of a page of Google Calendar becomes that of its `.ics`. */
    async addFeed(userId: number, name: string, url: string): Promise<Feed> {
      const sql = 'insert into calendar_feeds (owner_id, name, url) values ($1, $2, $3) returning id, name, url'
      return found(await rowOf<Feed>(database, sql, [userId, name, calendarAddress(url)]))
    },
    async removeFeed(userId: number, id: number): Promise<void> {
      const gone = await database.query('delete from calendar_feeds where id = $2 and owner_id = $1', [userId, id])
      found(gone.rowCount === 1 ? gone : undefined)
    },
    /** What is in it from `from` on, asked for anew each time. */
    async feedEvents(userId: number, id: number, from: Date): Promise<Feed & { events: FeedEvent[] }> {
      const sql = 'select id, name, url from calendar_feeds where id = $2 and owner_id = $1'
      const feed = found(await rowOf<Feed>(database, sql, [userId, id]))
      return { ...feed, events: parseCalendar(await readFeed(feed.url, allowsPrivateFeeds), from) }
    },
  }
}
