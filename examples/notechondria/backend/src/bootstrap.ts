import { createAccount } from './accounts.ts'
import { readConfig } from './config.ts'
import { type Database, inTransaction, openDatabase, rowOf } from './database.ts'
import { hashPassword } from './secrets.ts'
import { toEnd } from './to-end.ts'
import { addNote } from './welcome.ts'

// What a platform begins with: the administrator, and a demo account whose three public courses are made anew each time.
const COURSES = [
  {
    title: 'How memory works',
    about: 'Why you forget, and what helps.',
    note: 'Spaced repetition',
    text: 'Look again just before you would have forgotten.',
  },
  {
    title: 'Cells, briefly',
    about: 'What lives inside of what lives.',
    note: 'Mitochondria',
    text: 'They make most of the ATP of a cell. They have DNA of their own.',
  },
  {
    title: 'Writing that is read',
    about: 'Short sentences for busy people.',
    note: 'First lines',
    text: 'Say first what the reader should do.',
  },
]

await toEnd('bootstrap', async () => {
  const config = readConfig(process.env)
  const database = openDatabase(config.databaseUrl)
  try {
    await ensureAdmin(database, config.admin)
    await ensureDemo(database)
  } finally {
    await database.end()
  }
})

/** With the password that is set now; without one there is no administrator. */
async function ensureAdmin(database: Database, admin: { username: string; email: string; password?: string }): Promise<void> {
  if (!admin.password) return console.log('DJANGO_SUPERUSER_PASSWORD is not set: no administrator')
  const known = await rowOf<{ id: number }>(database, 'select id from users where username = $1', [admin.username])
  const password = await hashPassword(admin.password)
  const { id } =
    known ?? (await createAccount(database, { username: admin.username, email: admin.email, password, isVerified: true }))
  await database.query('update users set password = $2, is_admin = true, is_verified = true where id = $1', [id, password])
  console.log(`administrator ${admin.username}: ${known ? 'password set' : 'made'}`)
}

/** Nobody can sign in as it: it has no password. */
async function ensureDemo(database: Database): Promise<void> {
  const known = await rowOf<{ id: number }>(database, "select id from users where username = 'CodeX'")
  const { id } =
    known ??
    (await createAccount(database, { username: 'CodeX', email: 'codex@users.noreply.invalid', password: null, isVerified: true }))
  await inTransaction(database, async (client) => {
    for (const [position, { title, about, note, text }] of COURSES.entries()) {
      const course = await rowOf<{ id: number }>(client, 'select id from courses where owner_id = $1 and title = $2', [id, title])
      // The course itself stays, and with it those who subscribed to it.
      if (course) await client.query('delete from notes where course_id = $1 and owner_id = $2', [course.id, id])
      const { id: courseId } =
        course ??
        (await rowOf<{ id: number }>(
          client,
          'insert into courses (owner_id, title, description, is_public, position) values ($1, $2, $3, true, $4) returning id',
          [id, title, about, position],
        ))!
      await addNote(client, id, courseId, note, [{ kind: 'text', text }])
    }
  })
  console.log(`demo account CodeX: ${COURSES.length} courses`)
}
