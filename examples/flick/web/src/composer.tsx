import type { Post } from '@flick/shared/types.ts'
import { type ChangeEvent, type FormEvent, useState } from 'react'
import { api, ocr } from './config.ts'

const MOST = 500

export function Composer({ onPosted }: { onPosted(post: Post): void }) {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState<'posting' | 'reading'>()

  async function attempt(what: 'posting' | 'reading', work: () => Promise<void>): Promise<void> {
    setBusy(what)
    setProblem('')
    try {
      await work()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
    setBusy(undefined)
  }
  const send = (event: FormEvent) => {
    event.preventDefault()
    return attempt('posting', async () => {
      onPosted(await api.post(text))
      setText('')
    })
  }
  const read = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const file = target.files?.[0]
    target.value = ''
    if (!file) return
    return attempt('reading', async () => {
      const found = await readPicture(file)
      setText((before) => `${before}${before && '\n'}${found}`.slice(0, MOST))
    })
  }

  return (
    <form className="card composer" onSubmit={send}>
      <label htmlFor="text" className="unseen">
        What is going on?
      </label>
      <textarea
        id="text"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="What is going on?"
        maxLength={MOST}
        rows={3}
        required
      />
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="actions">
        <label className="button quiet small">
          {busy === 'reading' ? 'Reading…' : 'Read a picture'}
          <input type="file" accept="image/png,image/jpeg,image/webp" className="unseen" onChange={read} disabled={!!busy} />
        </label>
        <span className="fine">{MOST - text.length}</span>
        <button type="submit" className="small" disabled={!!busy || text.trim() === ''}>
          Post
        </button>
      </div>
    </form>
  )
}

async function readPicture(file: File): Promise<string> {
  const response = await fetch(`${ocr}/api/v1/read`, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': file.type },
    body: file,
  }).catch(() => undefined)
  const answer = await response?.json().catch(() => undefined)
  if (answer?.success) return answer.data.text
  throw new Error(answer?.message ?? 'Pictures cannot be read right now.')
}
