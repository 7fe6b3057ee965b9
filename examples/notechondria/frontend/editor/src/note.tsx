import { besideApi, call } from '@notechondria/shared/api.ts'
import type { Attachment, Block, Course, Kind, Note, Version } from '@notechondria/shared/types.ts'
import { useLoad } from '@notechondria/shared/use-load.ts'
import { type ChangeEvent, useEffect, useMemo, useState } from 'react'
import { saveLater } from './save-later.ts'

const KINDS: Record<Kind, string> = { text: 'Text', heading: 'Heading', code: 'Code', quote: 'Quote' }
const WAIT_MS = 500
type Saving = 'saving' | 'saved' | 'failed'
const SAID: Record<Saving, string> = { saving: 'Saving…', saved: 'Saved', failed: 'Not saved: the server does not answer' }

export function NotePage({ id, courses }: { id: number; courses: Course[] }) {
  const { data: note, problem, reload } = useLoad(() => call<Note>('GET', `/notes/${id}/`), id)
  const [state, setState] = useState<Saving>('saved')
  // How long somebody is here ends up in the planner's activity.
  useEffect(() => {
    const begun = call<{ id: number }>('POST', '/note-sessions/', { note_id: id })
    return () => {
      begun.then((one) => call('PATCH', `/note-sessions/${one.id}/`)).catch(() => {}) // Only a figure.
    }
  }, [id])
  if (problem) return <p role="alert">{problem}</p>
  if (!note) return <p className="soft">Loading…</p>

  async function addBlock(): Promise<void> {
    await call('POST', `/notes/${id}/blocks/`, {})
    reload()
  }
  async function move(at: number, by: number): Promise<void> {
    const ids = note?.blocks.map((block) => block.id) ?? []
    const [moved] = ids.splice(at, 1)
    ids.splice(at + by, 0, moved!)
    await call('POST', `/notes/${id}/reorder/`, { ids })
    reload()
  }
  async function remove(): Promise<void> {
    await call('DELETE', `/notes/${id}/`)
    location.hash = `#/courses/${note?.course_id}`
  }
  return (
    <article>
      <div className="row bar">
        <a href={`#/courses/${note.course_id}`}>Back to the notes</a>
        <span role="status">{SAID[state]}</span>
        <label className="row inline">
          Course
          <select
            value={note.course_id}
            onChange={async (event) => {
              await call('PATCH', `/notes/${id}/`, { course_id: Number(event.target.value) })
              reload()
            }}
          >
            {courses.map((course) => (
              <option key={course.id} value={course.id}>
                {course.title}
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="quiet" onClick={remove}>
          Into the recycle bin
        </button>
      </div>
      <Title key={note.title} note={note} tell={setState} />
      <ol className="list blocks" aria-label="Blocks">
        {note.blocks.map((block, at) => (
          // A restored version has new blocks; one that only moved keeps what is typed.
          <BlockLine
            key={block.id}
            block={block}
            number={at + 1}
            isLast={at === note.blocks.length - 1}
            tell={setState}
            onMove={(by) => move(at, by)}
            onChange={reload}
          />
        ))}
      </ol>
      <button type="button" onClick={addBlock}>
        Add a block
      </button>
      <Attachments id={id} />
      <History note={note} onRestore={reload} />
    </article>
  )
}

function Title({ note, tell }: { note: Note; tell(state: Saving): void }) {
  const [title, setTitle] = useState(note.title)
  const saver = useMemo(
    () => saveLater<string>(async (value) => void (await call('PATCH', `/notes/${note.id}/`, { title: value })), WAIT_MS, tell),
    [note.id, tell],
  )
  return (
    <label>
      <span className="unseen">Title</span>
      <input
        className="title"
        value={title}
        maxLength={200}
        onBlur={saver.flush}
        onChange={(event) => {
          setTitle(event.target.value)
          if (event.target.value.trim()) saver.change(event.target.value)
        }}
      />
    </label>
  )
}

interface BlockProps {
  block: Block
  number: number
  isLast: boolean
  tell(state: Saving): void
  onMove(by: number): void
  onChange(): void
}
function BlockLine({ block, number, isLast, tell, onMove, onChange }: BlockProps) {
  const [text, setText] = useState(block.text)
  const saver = useMemo(
    () => saveLater<string>(async (value) => void (await call('PATCH', `/blocks/${block.id}/`, { text: value })), WAIT_MS, tell),
    [block.id, tell],
  )
  const act = async (method: string, body?: unknown) => {
    await saver.flush()
    await call(method, `/blocks/${block.id}/`, body)
    onChange()
  }
  return (
    <li className={`block ${block.kind}`}>
      <textarea
        aria-label={`${KINDS[block.kind]}, block ${number}`}
        value={text}
        rows={2}
        onBlur={saver.flush}
        onChange={(event) => {
          setText(event.target.value)
          saver.change(event.target.value)
        }}
      />
      <div className="row tools">
        <select
          aria-label={`Kind of block ${number}`}
          value={block.kind}
          onChange={(event) => act('PATCH', { kind: event.target.value })}
        >
          {Object.entries(KINDS).map(([kind, name]) => (
            <option key={kind} value={kind}>
              {name}
            </option>
          ))}
        </select>
        <button
          type="button"
          className="quiet"
          disabled={number === 1}
          onClick={() => onMove(-1)}
          aria-label={`Move block ${number} up`}
        >
          ↑
        </button>
        <button
          type="button"
          className="quiet"
          disabled={isLast}
          onClick={() => onMove(1)}
          aria-label={`Move block ${number} down`}
        >
          ↓
        </button>
        <button type="button" className="quiet" onClick={() => act('DELETE')} aria-label={`Delete block ${number}`}>
          Delete
        </button>
      </div>
    </li>
  )
}

function Attachments({ id }: { id: number }) {
  const { data, reload } = useLoad(() => call<Attachment[]>('GET', `/notes/${id}/attachments/`), id)
  const [problem, setProblem] = useState('')
  async function add(event: ChangeEvent<HTMLInputElement>): Promise<void> {
    const [file] = event.target.files ?? []
    event.target.value = ''
    if (!file) return
    const form = new FormData()
    form.set('file', file)
    try {
      await call('POST', `/notes/${id}/attachments/`, form)
      setProblem('')
      reload()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <section aria-label="Attachments">
      <h2>Attachments</h2>
      <ul className="list">
        {data?.map((file) => (
          <li key={file.id} className="row">
            <a href={besideApi(file.url)}>{file.name}</a> <small>{Math.ceil(file.size / 1024)} kB</small>
            <button
              type="button"
              className="quiet"
              aria-label={`Remove ${file.name}`}
              onClick={async () => {
                await call('DELETE', `/notes/${id}/attachments/${file.id}/`)
                reload()
              }}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      {problem && <p role="alert">{problem}</p>}
      <label>
        Add a file
        <input type="file" onChange={add} />
      </label>
    </section>
  )
}

function History({ note, onRestore }: { note: Note; onRestore(): void }) {
  const { data, reload } = useLoad(() => call<Version[]>('GET', `/notes/${note.id}/history/`), note)
  return (
    <section aria-label="Versions">
      <h2>Versions</h2>
      <button
        type="button"
        className="quiet"
        onClick={async () => {
          await call('POST', `/notes/${note.id}/snapshot/`)
          reload()
        }}
      >
        Keep this version
      </button>
      <ul className="list">
        {data?.map(({ number, title, created_at }) => (
          <li key={number} className="row">
            {number}. {title} <small>{new Date(created_at).toLocaleString('en')}</small>
            <button
              type="button"
              className="quiet"
              onClick={async () => {
                await call('POST', `/notes/${note.id}/restore/${number}/`)
                onRestore()
              }}
            >
              Bring back version {number}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
