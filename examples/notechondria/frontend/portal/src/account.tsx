import { call } from '@notechondria/shared/api.ts'
import { Field, Form } from '@notechondria/shared/form.tsx'
import type { SessionLine, User } from '@notechondria/shared/types.ts'
import { useLoad } from '@notechondria/shared/use-load.ts'
import { useState } from 'react'
import { Providers } from './oauth.tsx'

export function Account({ user, onToken }: { user: User; onToken(token: string): Promise<void> }) {
  return (
    <>
      <h1>{user.username}</h1>
      <p>{user.email}</p>
      <Sessions />
      <ApiKey />
      <Social />
      <Password onToken={onToken} />
    </>
  )
}

function Sessions() {
  const { data, problem, reload } = useLoad(() => call<SessionLine[]>('GET', '/auth/sessions/'), 'sessions')
  return (
    <section aria-label="Sessions">
      <h2>Where you are signed in</h2>
      {problem && <p role="alert">{problem}</p>}
      <ul className="list">
        {data?.map(({ id, device, used_at, is_current: isCurrent }) => (
          <li key={id} className="row">
            {device} <small>{isCurrent ? 'this one' : `last used ${new Date(used_at).toLocaleString('en')}`}</small>
            {!isCurrent && (
              <button
                type="button"
                className="quiet"
                onClick={async () => {
                  await call('DELETE', `/auth/sessions/${id}/`)
                  reload()
                }}
              >
                End it
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function ApiKey() {
  const [key, setKey] = useState('')
  return (
    <section aria-label="API key">
      <h2>API key</h2>
      <p>For an assistant that speaks MCP, and for programs of yours. A new one ends the one before.</p>
      <button
        type="button"
        className="quiet"
        onClick={async () => setKey((await call<{ api_key: string }>('POST', '/auth/rotate-api-key/')).api_key)}
      >
        Make a new key
      </button>
      {key && (
        <p role="status">
          <code>{key}</code>
          <br />
          <small>It is shown this once. Keep it well.</small>
        </p>
      )}
    </section>
  )
}

function Social() {
  const { data, reload } = useLoad(() => call<{ provider: string; label: string }[]>('GET', '/auth/social-accounts/'), 'social')
  const [problem, setProblem] = useState('')
  async function unlink(provider: string): Promise<void> {
    try {
      await call('DELETE', `/auth/social-accounts/${provider}/`)
      reload()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <section aria-label="Connected accounts">
      <h2>Connected accounts</h2>
      <ul className="list">
        {data?.map(({ provider, label }) => (
          <li key={provider} className="row">
            {provider}: {label}
            <button type="button" className="quiet" onClick={() => unlink(provider)}>
              Disconnect
            </button>
          </li>
        ))}
      </ul>
      {data?.length === 0 && <p className="soft">None.</p>}
      {problem && <p role="alert">{problem}</p>}
      <Providers purpose="bind" />
    </section>
  )
}

function Password({ onToken }: { onToken(token: string): Promise<void> }) {
  const [said, setSaid] = useState('')
  return (
    <section aria-label="Change password">
      <h2>Change password</h2>
      <p className="row">
        <button
          type="button"
          className="quiet"
          onClick={async () => {
            const sent = await call<{ detail: string }>('POST', '/auth/send-identity-code/').catch((error: Error) => ({
              detail: error.message,
            }))
            setSaid(sent.detail)
          }}
        >
          Send me a code
        </button>
        <span role="status">{said}</span>
      </p>
      <Form
        label="Change password"
        send="Change password"
        className="form narrow"
        onSend={async ({ code, password }, form) => {
          const { token } = await call<{ token: string }>('POST', '/auth/change-password/', { code, new_password: password })
          await onToken(token)
          form.reset()
          setSaid('Changed. All other devices are signed out.')
        }}
      >
        <Field label="Code" name="code" required inputMode="numeric" autoComplete="one-time-code" />
        <Field
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          maxLength={200}
        />
      </Form>
    </section>
  )
}
