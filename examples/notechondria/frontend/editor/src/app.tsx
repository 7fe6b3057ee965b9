import { call } from '@notechondria/shared/api.ts'
import { Field, Form } from '@notechondria/shared/form.tsx'
import { Shell, SignInFirst, useUser } from '@notechondria/shared/shell.tsx'
import type { Course, NoteLine } from '@notechondria/shared/types.ts'
import { useLoad } from '@notechondria/shared/use-load.ts'
import { useEffect, useState } from 'react'
import { NotePage } from './note.tsx'

export function App() {
  const { user, problem } = useUser()
  return (
    <Shell app="editor" user={user} problem={problem}>
      {user ? <Editor /> : user === null && <SignInFirst what="Your notes" />}
    </Shell>
  )
}

/** `#/courses/3`, `#/notes/7`, `#/bin`, `#/search/word`; a course stays chosen while one of its notes is open. */
function useHash(): string[] {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const take = () => setHash(location.hash)
    addEventListener('hashchange', take)
    return () => removeEventListener('hashchange', take)
  }, [])
  return hash.slice(2).split('/').filter(Boolean).map(decodeURIComponent)
}

function Editor() {
  const [view = 'notes', given] = useHash()
  const courses = useLoad(() => call<Course[]>('GET', '/courses/'), 'courses')
  const own = (courses.data ?? []).filter((course) => course.is_own)
  if (view === 'notes' && given) return <NotePage key={given} id={Number(given)} courses={own} />
  return (
    <div className="columns">
      <aside>
        <h2>Courses</h2>
        <ul className="list">
          {courses.data?.map(({ id, title, notes, is_own: isOwn, owner }) => (
            <li key={id}>
              <a href={`#/courses/${id}`} aria-current={view === 'courses' && Number(given) === id ? 'page' : undefined}>
                {title}
              </a>{' '}
              <small>{isOwn ? notes : `by ${owner}`}</small>
            </li>
          ))}
          <li>
            <a href="#/bin" aria-current={view === 'bin' ? 'page' : undefined}>
              Recycle bin
            </a>
          </li>
        </ul>
        <Form
          label="New course"
          send="Add course"
          onSend={async ({ title }, form) => {
            await call('POST', '/courses/', { title })
            form.reset()
            courses.reload()
          }}
        >
          <Field label="New course" name="title" required maxLength={200} />
        </Form>
        <Form
          label="Search"
          send="Search"
          onSend={async ({ words = '' }) => {
            location.hash = `#/search/${encodeURIComponent(words)}`
          }}
        >
          <Field label="Search" name="words" type="search" required maxLength={200} />
        </Form>
      </aside>
      {view === 'bin' ? <Bin /> : <NoteList view={view} given={given} courses={courses.data ?? []} onCourses={courses.reload} />}
    </div>
  )
}

interface ListProps {
  view: string
  given: string | undefined
  courses: Course[]
  onCourses(): void
}
function NoteList({ view, given, courses, onCourses }: ListProps) {
  const isSearch = view === 'search'
  const course = view === 'courses' ? courses.find(({ id }) => id === Number(given)) : undefined
  const path = isSearch
    ? `/notes/search/?q=${encodeURIComponent(given ?? '')}`
    : course
      ? `/courses/${course.id}/notes/`
      : '/notes/'
  const { data, problem } = useLoad(() => call<NoteLine[]>('GET', path), path)
  return (
    <section>
      <h1>{isSearch ? `Notes with “${given}”` : (course?.title ?? 'All notes')}</h1>
      {course?.description && <p>{course.description}</p>}
      {course?.is_own && <CourseTools course={course} onChange={onCourses} />}
      {!isSearch && (!course || course.is_own) && (
        <Form
          label="New note"
          send="Write"
          className="row new"
          onSend={async ({ title }) => {
            const note = await call<NoteLine>('POST', '/notes/', { title, ...(course && { course_id: course.id }) })
            location.hash = `#/notes/${note.id}`
          }}
        >
          <Field label="Title of a new note" name="title" required maxLength={200} />
        </Form>
      )}
      {problem && <p role="alert">{problem}</p>}
      {data?.length === 0 && <p className="empty">{isSearch ? 'Nothing found.' : 'No notes yet.'}</p>}
      <ul className="list" aria-label="Notes">
        {data?.map(({ id, title, updated_at }) => (
          <li key={id} className="card">
            <a href={`#/notes/${id}`}>{title}</a> <small>{new Date(updated_at).toLocaleString('en')}</small>
          </li>
        ))}
      </ul>
    </section>
  )
}

function CourseTools({ course, onChange }: { course: Course; onChange(): void }) {
  const { id, is_default: isDefault, is_public: isPublic } = course
  async function change(method: string, body?: unknown): Promise<void> {
    await call(method, `/courses/${id}/`, body)
    if (method === 'DELETE') location.hash = ''
    onChange()
  }
  return (
    <p className="row">
      <button type="button" className="quiet" onClick={() => change('PATCH', { is_public: !isPublic })}>
        {isPublic ? 'Make private' : 'Make public'}
      </button>
      {!isDefault && (
        <button type="button" className="quiet" onClick={() => change('DELETE')}>
          Delete course, keep its notes
        </button>
      )}
    </p>
  )
}

function Bin() {
  const { data, problem, reload } = useLoad(() => call<NoteLine[]>('GET', '/notes/deleted/'), 'bin')
  return (
    <section>
      <h1>Recycle bin</h1>
      {problem && <p role="alert">{problem}</p>}
      {data?.length === 0 && <p className="empty">It is empty.</p>}
      <ul className="list" aria-label="Deleted notes">
        {data?.map(({ id, title }) => (
          <li key={id} className="card row">
            {title}
            <button
              type="button"
              className="quiet"
              onClick={async () => {
                await call('POST', `/notes/${id}/restore/`)
                reload()
              }}
            >
              Put back
            </button>
          </li>
        ))}
      </ul>
      {data && data.length > 0 && (
        <button
          type="button"
          className="quiet"
          onClick={async () => {
            await call('POST', '/notes/deleted/empty/')
            reload()
          }}
        >
          Empty for good
        </button>
      )}
    </section>
  )
}
