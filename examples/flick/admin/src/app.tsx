import type { connect } from '@flick/shared/api.ts'
import type { User } from '@flick/shared/types.ts'
import { useEffect, useState } from 'react'
import { Moderation } from './moderation.tsx'
import { SignIn } from './sign-in.tsx'

export type Api = ReturnType<typeof connect>

const readUser = async (api: Api): Promise<User | null> => (await api.session().catch(() => undefined)) ?? null

export function App({ api }: { api: Api }) {
  const [user, setUser] = useState<User | null>()
  useEffect(() => {
    readUser(api).then(setUser)
  }, [api])

  return (
    <>
      <header className="wrap top">
        <a className="brand" href="/">
          <img src="/flick.svg" alt="" width="32" height="32" />
          Flick moderation
        </a>
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
      </header>
      <main className="wrap">
        {user === null && <SignIn api={api} onDone={() => readUser(api).then(setUser)} />}
        {user && user.role !== 'admin' && <p className="empty">This is for moderators, and {user.name} is none.</p>}
        {user?.role === 'admin' && <Moderation api={api} />}
      </main>
    </>
  )
}
