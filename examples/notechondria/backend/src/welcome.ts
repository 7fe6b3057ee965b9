import type { Queries } from './database.ts'

const WELCOME: { kind: string; text: string }[] = [
  { kind: 'heading', text: 'Hello!' },
  { kind: 'text', text: 'A note is made of blocks: headings, text, code and quotes. Each is saved while you write.' },
  {
    kind: 'text',
    text: 'Keep notes in courses. What you throw away waits in the recycle bin, and every version that you keep can come back.',
  },
  { kind: 'code', text: '$ echo "code keeps its form"' },
]

/** What a new account begins with: the default course, and a note that shows how things work. Repeating it changes nothing. */
export async function seedInbox(on: Queries, userId: number): Promise<void> {
  const made = await on.query<{ id: number }>(
    `insert into courses (owner_id, title, is_default) values ($1, 'Inbox', true)
     on conflict (owner_id) where is_default do nothing returning id`,
    [userId],
  )
  const course = made.rows[0]
  if (course) await addNote(on, userId, course.id, 'Welcome to Notechondria', WELCOME)
}

export async function addNote(
  on: Queries,
  ownerId: number,
  courseId: number,
  title: string,
  blocks: typeof WELCOME,
): Promise<number> {
  const made = await on.query<{ id: number }>('insert into notes (owner_id, course_id, title) values ($1, $2, $3) returning id', [
    ownerId,
    courseId,
    title,
  ])
  const { id } = made.rows[0]! // An insert that did not throw gives its row.
  for (const [position, { kind, text }] of blocks.entries()) {
    await on.query('insert into blocks (note_id, kind, text, position) values ($1, $2, $3, $4)', [id, kind, text, position])
  }
  return id
}
