import { record } from './activity.ts'
import { type Database, inTransaction, rowOf, rowsOf } from './database.ts'
import { Failure, found } from './failure.ts'

export interface Course {
  id: number
  title: string
  description: string
  owner: string
  is_default: boolean
  is_public: boolean
  is_own: boolean
  is_subscribed: boolean
  notes: number
}
export interface CourseChange {
  title?: string | undefined
  description?: string | undefined
  is_public?: boolean | undefined
}
/** `$1` is the one who asks; 0 is nobody. */
const COURSE = `select c.id, c.title, c.description, o.username as owner, c.is_default, c.is_public, c.owner_id = $1 as is_own,
    s.user_id is not null as is_subscribed,
    (select count(*)::int from notes n where n.course_id = c.id and n.deleted_at is null) as notes
  from courses c join users o on o.id = c.owner_id left join subscriptions s on s.course_id = c.id and s.user_id = $1`
export type Courses = ReturnType<typeof createCourses>

export function createCourses(database: Database) {
  const get = async (userId: number, id: number) =>
    found(await rowOf<Course>(database, `${COURSE} where c.id = $2 and (c.owner_id = $1 or c.is_public)`, [userId, id]))
  return {
    /** One's own in their order, then those that one subscribed to. */
    list: (userId: number) =>
      rowsOf<Course>(
        database,
        `${COURSE} where c.owner_id = $1 or (s.user_id is not null and c.is_public)
         order by c.owner_id <> $1, not c.is_default, c.position, c.id`,
        [userId],
      ),

    /** What anybody may see: courses that were made public. */
    frontPage: (userId: number) =>
      rowsOf<Course>(database, `${COURSE} where c.is_public order by c.created_at desc, c.id desc limit 30`, [userId]),

    get,

    async create(userId: number, { title, description = '', is_public: isPublic = false }: CourseChange & { title: string }) {
      const row = await rowOf<{ id: number }>(
        database,
        `insert into courses (owner_id, title, description, is_public, position)
         select $1, $2, $3, $4, coalesce(max(position) + 1, 0) from courses where owner_id = $1 returning id`,
        [userId, title, description, isPublic],
      )
      await record(database, userId, 'course.created', title)
      return get(userId, found(row).id)
    },

    async update(userId: number, id: number, { title, description, is_public: isPublic }: CourseChange): Promise<Course> {
      const row = await rowOf<{ id: number }>(
        database,
        `update courses set title = coalesce($3, title), description = coalesce($4, description), is_public = coalesce($5, is_public)
         where id = $2 and owner_id = $1 returning id`,
        [userId, id, title, description, isPublic],
      )
      return get(userId, found(row).id)
    },

    /** Its notes go to the Inbox: nothing is lost with a course. */
    remove: (userId: number, id: number) =>
      inTransaction(database, async (client) => {
        const course = found(
          await rowOf<{ title: string; is_default: boolean }>(
            client,
            'select title, is_default from courses where id = $2 and owner_id = $1 for update',
            [userId, id],
          ),
        )
        if (course.is_default) throw new Failure(400, 'default_course', 'The Inbox stays: notes without a course need a place.')
        await client.query(
          'update notes set course_id = (select id from courses where owner_id = $1 and is_default) where course_id = $2',
          [userId, id],
        )
        await client.query('delete from courses where id = $1', [id])
        await record(client, userId, 'course.deleted', course.title)
      }),

    /** The order of `ids`; those that are not named follow in the order that they had. */
    async reorder(userId: number, ids: number[]): Promise<void> {
      await database.query(
        `update courses c set position = n.position from (
           select id, row_number() over (order by array_position($2::int[], id), position, id) as position from courses where owner_id = $1
         ) n where n.id = c.id`,
        [userId, ids],
      )
    },

    async subscribe(userId: number, id: number): Promise<Course> {
      const course = await get(userId, id)
      if (course.is_own) throw new Failure(400, 'own_course', 'This course is yours already.')
      await database.query('insert into subscriptions (user_id, course_id) values ($1, $2) on conflict do nothing', [userId, id])
      return get(userId, id)
    },
    async unsubscribe(userId: number, id: number): Promise<void> {
      await database.query('delete from subscriptions where user_id = $1 and course_id = $2', [userId, id])
    },

    async open(userId: number, id: number): Promise<Course> {
      const course = await get(userId, id)
      await record(database, userId, 'course.opened', course.title)
      return course
    },
  }
}
