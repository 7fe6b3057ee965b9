import { type AnchorHTMLAttributes, type FormEvent, useState } from 'react'
import { api } from './config.ts'

interface Props {
  isNew: boolean
  other: AnchorHTMLAttributes<HTMLAnchorElement>
  onDone(): Promise<void>
}

export function Account({ isNew, other, onDone }: Props) {
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  const title = isNew ? 'Sign up' : 'Sign in'

  async function send(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    setBusy(true)
    try {
      if (isNew) await api.signUp(text('name'), text('email'), text('password'))
      else await api.signIn(text('email'), text('password'))
      await onDone()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }

  return (
    <form className="card form" onSubmit={send}>
      <h1>{title}</h1>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {isNew && (
        <label>
          Name
          <input name="name" autoComplete="nickname" required maxLength={60} />
        </label>
      )}
      <label>
        E-mail address
        <input name="email" type="email" autoComplete="email" required />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          required
          minLength={isNew ? 8 : 1}
          maxLength={128}
        />
        {isNew && <small className="fine">Eight characters or more.</small>}
      </label>
      <button type="submit" disabled={isBusy}>
        {title}
      </button>
      <p className="fine">
        {isNew ? 'You have an account? ' : 'You are new here? '}
        <a {...other}>{isNew ? 'Sign in' : 'Sign up'}</a>
      </p>
    </form>
  )
}
