import { token } from '@notechondria/shared/api.ts'
import { ROOT, Shell, useUser } from '@notechondria/shared/shell.tsx'
import { useEffect, useState } from 'react'
import { Account } from './account.tsx'
import { CoursePage, Home } from './home.tsx'
import { OAuthReturn } from './oauth.tsx'
import { type Place, readPlace } from './route.ts'
import { Reset, SignIn, SignUp, Verify } from './sign-in.tsx'

export function App() {
  const { user, problem, look } = useUser()
  const { page, id, query } = usePlace()
  async function signedIn(key: string): Promise<void> {
    token.set(key)
    await look()
    location.hash = '#/'
  }
  const pages: Record<string, () => React.ReactNode> = {
    'sign-in': () => <SignIn onDone={signedIn} />,
    'sign-up': () => <SignUp onDone={signedIn} />,
    verify: () => <Verify email={query.get('email') ?? ''} onDone={signedIn} />,
    reset: () => <Reset onDone={signedIn} />,
    oauth: () => <OAuthReturn query={query} onDone={signedIn} />,
    courses: () => <CoursePage id={id ?? 0} user={user ?? null} />,
    account: () =>
      user ? (
        <Account
          user={user}
          onToken={async (key) => {
            token.set(key)
            await look()
          }}
        />
      ) : (
        user === null && <SignIn onDone={signedIn} />
      ),
  }
  const draw = Object.hasOwn(pages, page) ? pages[page] : undefined
  return (
    <Shell app="portal" user={user} problem={problem}>
      {draw ? draw() : <Home user={user ?? null} root={ROOT} />}
    </Shell>
  )
}

function usePlace(): Place {
  const [place, setPlace] = useState(() => readPlace(typeof location === 'undefined' ? '' : location.hash))
  useEffect(() => {
    const take = () => {
      setPlace(readPlace(location.hash))
      document.getElementById('main')?.focus()
    }
    addEventListener('hashchange', take)
    return () => removeEventListener('hashchange', take)
  }, [])
  return place
}
