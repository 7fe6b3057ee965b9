import { call } from '@notechondria/shared/api.ts'
import { Field, Form } from '@notechondria/shared/form.tsx'
import { useState } from 'react'
import { Providers } from './oauth.tsx'

interface Props {
  onDone(token: string): Promise<void>
}
interface SignedIn {
  token?: string
}
const password = { name: 'password', type: 'password', required: true, minLength: 8, maxLength: 200 }
const code = { label: 'Code', name: 'code', required: true, inputMode: 'numeric', autoComplete: 'one-time-code' } as const

export function SignUp({ onDone }: Props) {
  return (
    <section className="card narrow">
      <h1>Sign up</h1>
      <Form
        label="Sign up"
        send="Sign up"
        onSend={async ({ username, email, password: chosen }) => {
          const { token } = await call<SignedIn>('POST', '/auth/register/', { username, email, password: chosen })
          if (token) await onDone(token)
          else location.hash = `#/verify?${new URLSearchParams({ email: email ?? '' })}`
        }}
      >
        <Field
          label="Username"
          name="username"
          autoComplete="username"
          required
          pattern="[\w.\-]{2,40}"
          hint="Letters, digits and . _ -"
        />
        <Field label="E-mail address" name="email" type="email" autoComplete="email" required />
        <Field label="Password" autoComplete="new-password" hint="Eight characters or more." {...password} />
      </Form>
      <p>
        You have an account? <a href="#/sign-in">Sign in</a>
      </p>
      <Providers purpose="login" />
    </section>
  )
}

export function SignIn({ onDone }: Props) {
  return (
    <section className="card narrow">
      <h1>Sign in</h1>
      <Form
        label="Sign in"
        send="Sign in"
        onSend={async ({ username, password: typed }) => {
          const { token = '' } = await call<SignedIn>('POST', '/auth/login/', { username, password: typed })
          await onDone(token)
        }}
      >
        <Field label="Username or e-mail address" name="username" autoComplete="username" required />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
      </Form>
      <p>
        <a href="#/sign-up">Sign up</a> · <a href="#/reset">Forgotten your password?</a>
      </p>
      <Providers purpose="login" />
    </section>
  )
}

export function Verify({ email, onDone }: Props & { email: string }) {
  const [said, setSaid] = useState('')
  return (
    <section className="card narrow">
      <h1>Is this your address?</h1>
      <p>We sent a code to {email}.</p>
      <Form
        label="Confirm address"
        send="Confirm"
        onSend={async ({ code: typed }) => {
          const { token = '' } = await call<SignedIn>('POST', '/auth/verify-email/', { email, code: typed })
          await onDone(token)
        }}
      >
        <Field {...code} />
      </Form>
      <button
        type="button"
        className="quiet"
        onClick={async () => setSaid((await call<{ detail: string }>('POST', '/auth/resend-verification/', { email })).detail)}
      >
        Send another code
      </button>
      <p role="status">{said}</p>
    </section>
  )
}

export function Reset({ onDone }: Props) {
  const [email, setEmail] = useState('')
  return (
    <section className="card narrow">
      <h1>A new password</h1>
      {email ? (
        <Form
          key="code"
          label="New password"
          send="Use this password"
          onSend={async ({ code: typed, password: chosen }) => {
            const body = { email, code: typed, new_password: chosen }
            await onDone((await call<SignedIn>('POST', '/auth/password-reset/confirm/', body)).token ?? '')
          }}
        >
          <Field {...code} />
          <Field label="New password" autoComplete="new-password" {...password} />
        </Form>
      ) : (
        <Form
          key="address"
          label="Ask for a code"
          send="Send me a code"
          onSend={async ({ address = '' }) => {
            await call('POST', '/auth/password-reset/', { email: address })
            setEmail(address)
          }}
        >
          <Field label="E-mail address" name="address" type="email" autoComplete="email" required />
        </Form>
      )}
    </section>
  )
}
