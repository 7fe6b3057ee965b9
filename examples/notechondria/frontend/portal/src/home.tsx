import { call } from '@notechondria/shared/api.ts'
import type { Course, Note, NoteLine, User } from '@notechondria/shared/types.ts'
import { useLoad } from '@notechondria/shared/use-load.ts'

export function Home({ user, root }: { user: User | null; root: string }) {
  const { data, problem } = useLoad(() => call<{ courses: Course[] }>('GET', '/front-page/'), user?.id)
  return (
    <>
      <section>
        <h1>{user ? `Good to see you, ${user.username}.` : 'Notes that carry your energy.'}</h1>
        {user ? (
          <p className="row">
            <a className="button" href={`${root}/editor/`}>
              Open the editor
            </a>
            <a className="button quiet" href={`${root}/planner/`}>
              Open the planner
            </a>
          </p>
        ) : (
          <>
            <p>Write notes in courses, plan what is coming up beside them, and let an assistant use both if you like.</p>
            <p className="row">
              <a className="button" href="#/sign-up">
                Sign up
              </a>
              <a className="button quiet" href="#/sign-in">
                Sign in
              </a>
            </p>
          </>
        )}
      </section>
      <section aria-label="Courses for everybody">
        <h2>Courses for everybody</h2>
        {problem && <p role="alert">{problem}</p>}
        {data?.courses.length === 0 && <p className="empty">Nobody has made one public yet.</p>}
        <ul className="cards">
          {data?.courses.map(({ id, title, description, owner, notes }) => (
            <li key={id} className="card">
              <h3>
                <a href={`#/courses/${id}`}>{title}</a>
              </h3>
              <p>{description}</p>
              <small>
                {notes} {notes === 1 ? 'note' : 'notes'} by {owner}
              </small>
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

export function CoursePage({ id, user }: { id: number; user: User | null }) {
  const { data, problem, reload } = useLoad(() => readCourse(id), `${id} ${user?.id}`)
  if (problem) return <p role="alert">{problem}</p>
  if (!data) return <p className="soft">Loading…</p>
  const { course, notes } = data
  async function toggle(): Promise<void> {
    await call(course.is_subscribed ? 'DELETE' : 'POST', `/courses/${id}/subscribe/`)
    reload()
  }
  return (
    <article>
      <h1>{course.title}</h1>
      <p>{course.description}</p>
      {user && !course.is_own && (
        <button type="button" className="quiet" onClick={toggle}>
          {course.is_subscribed ? 'Unsubscribe' : 'Subscribe'}
        </button>
      )}
      {notes.map((note) => (
        <section key={note.id}>
          <h2>{note.title}</h2>
          {note.blocks.map(({ id: blockId, kind, text }) => {
            if (kind === 'heading') return <h3 key={blockId}>{text}</h3>
            if (kind === 'code') return <pre key={blockId}>{text}</pre>
            if (kind === 'quote') return <blockquote key={blockId}>{text}</blockquote>
            return <p key={blockId}>{text}</p>
          })}
        </section>
      ))}
    </article>
  )
}

async function readCourse(id: number): Promise<{ course: Course; notes: Note[] }> {
  const [course, lines] = await Promise.all([
    call<Course>('GET', `/courses/${id}/`),
    call<NoteLine[]>('GET', `/courses/${id}/notes/`),
  ])
  return { course, notes: await Promise.all(lines.map((line) => call<Note>('GET', `/notes/${line.id}/`))) }
}
