import { type FormEvent, useState } from 'react'
import type { Api } from './app.tsx'

export function SignIn({ api, onDone }: { api: Api; onDone(): void }) {
  const [problem, setProblem] = useState('')
  async function send(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    try {
      await api.signIn(String(form.get('email')), String(form.get('password')))
      onDone()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <form className="card form" onSubmit={send}>
      <h1>Sign in</h1>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <label>
        E-mail address
        <input name="email" type="email" autoComplete="email" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit">Sign in</button>
    </form>
  )
}
