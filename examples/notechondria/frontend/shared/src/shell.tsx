import { type ReactNode, useEffect, useRef, useState } from 'react'
import { apiAddress, appVersion, bakedAddress, changeAddress, resetAddress } from './address.ts'
import { call, token } from './api.ts'
import { Field, Form } from './form.tsx'
import type { User } from './types.ts'

export const ROOT = '/Notechondria'
const APPS = ['portal', 'editor', 'planner'] as const
type App = (typeof APPS)[number]
const NAMES: Record<App, string> = { portal: 'Portal', editor: 'Editor', planner: 'Planner' }

/** Who is signed in: undefined until the backend has said, null for nobody. */
export function useUser() {
  const [user, setUser] = useState<User | null>()
  const [problem, setProblem] = useState('')
  async function look(): Promise<void> {
    try {
      const session = await call<{ authenticated: boolean; user?: User }>('GET', '/auth/session/')
      // A key that is good no more, such as after a release.
      if (!session.authenticated) token.forget()
      setUser(session.user ?? null)
      setProblem('')
    } catch (error) {
      setUser(null)
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    look()
  }, [])
  return { user, problem, look }
}

export function Shell({
  app,
  user,
  problem,
  children,
}: {
  app: App
  user?: User | null | undefined
  problem?: string
  children: ReactNode
}) {
  async function signOut(): Promise<void> {
    await call('POST', '/auth/logout/').catch(() => {}) // The key is forgotten here in any case.
    token.forget()
    // Also from the portal itself, where only the hash would change.
    history.replaceState(null, '', `${ROOT}/portal/`)
    location.reload()
  }
  return (
    <>
      <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <header className="top">
        <a className="brand" href={`${ROOT}/portal/`}>
          Notechondria
        </a>
        <nav aria-label="Apps">
          {APPS.map((name) => (
            <a key={name} href={`${ROOT}/${name}/`} aria-current={name === app ? 'page' : undefined}>
              {NAMES[name]}
            </a>
          ))}
        </nav>
        {user && (
          <div className="who">
            <a href={`${ROOT}/portal/#/account`}>{user.username}</a>
            <button type="button" className="quiet" onClick={signOut}>
              Sign out
            </button>
          </div>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        {children}
      </main>
      <Footer />
    </>
  )
}

function Footer() {
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <footer>
      <span>Notechondria {appVersion}</span>
      <button type="button" className="quiet" onClick={() => dialog.current?.showModal()}>
        Server…
      </button>
      <dialog ref={dialog} aria-label="Server">
        <Form
          label="Server"
          send="Use this server"
          onSend={async ({ address = '' }) => {
            await changeAddress(address)
            token.forget()
            location.reload()
          }}
        >
          <h2>Server</h2>
          <Field
            label="Address of the API"
            name="address"
            defaultValue={apiAddress()}
            required
            hint="It is asked what it is before it is used."
          />
        </Form>
        <div className="row">
          <button
            type="button"
            className="quiet"
            onClick={() => {
              resetAddress()
              location.reload()
            }}
          >
            Back to {bakedAddress}
          </button>
          <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </dialog>
    </footer>
  )
}

/** For apps that are only for people with an account. */
export function SignInFirst({ what }: { what: string }) {
  return (
    <section className="empty">
      <h1>{what}</h1>
      <p>
        <a href={`${ROOT}/portal/#/sign-in`}>Sign in</a> or <a href={`${ROOT}/portal/#/sign-up`}>make an account</a> first.
      </p>
    </section>
  )
}
