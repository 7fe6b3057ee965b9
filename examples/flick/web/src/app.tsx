import type { User } from '@flick/shared/types.ts'
import { useEffect, useState } from 'react'
import { Account } from './account.tsx'
import { api } from './config.ts'
import { Feed } from './feed.tsx'

type Page = 'feed' | 'sign-in' | 'sign-up'
const pageOf = (path: string): Page => (path === '/sign-in' || path === '/sign-up' ? (path.slice(1) as Page) : 'feed')

const readUser = async (): Promise<User | null> => (await api.session().catch(() => undefined)) ?? null

export function App() {
  const [page, setPage] = useState(() => pageOf(location.pathname))
  /** `undefined` until it is known, `null` where nobody is signed in. */
  const [user, setUser] = useState<User | null>()
  useEffect(() => {
    readUser().then(setUser)
    const onBack = () => setPage(pageOf(location.pathname))
    addEventListener('popstate', onBack)
    return () => removeEventListener('popstate', onBack)
  }, [])

  function go(to: Page): void {
    history.pushState(null, '', to === 'feed' ? '/' : `/${to}`)
    setPage(to)
  }
  const link = (to: Page, className?: string) => ({
    href: to === 'feed' ? '/' : `/${to}`,
    className,
    onClick: (event: { preventDefault(): void }) => {
      event.preventDefault()
      go(to)
    },
  })

  return (
    <>
      <header className="wrap top">
        <a {...link('feed', 'brand')}>
          <img src="/flick.svg" alt="" width="32" height="32" />
          Flick
        </a>
        <nav aria-label="Main">
          {user && <span className="fine">{user.name}</span>}
          {user && (
            <button
              type="button"
              className="quiet small"
              onClick={async () => {
                await api.signOut()
                setUser(null)
              }}
            >
              Sign out
            </button>
          )}
          {user === null && <a {...link('sign-in')}>Sign in</a>}
          {user === null && <a {...link('sign-up', 'button small')}>Sign up</a>}
        </nav>
      </header>
      <main className="wrap">
        {page === 'feed' ? (
          <Feed user={user} signUp={link('sign-up')} />
        ) : (
          <Account
            key={page}
            isNew={page === 'sign-up'}
            other={link(page === 'sign-up' ? 'sign-in' : 'sign-up')}
            onDone={async () => {
              setUser(await readUser())
              go('feed')
            }}
          />
        )}
      </main>
    </>
  )
}
