import { call } from '@notechondria/shared/api.ts'
import type { ProviderOffer } from '@notechondria/shared/types.ts'
import { useLoad } from '@notechondria/shared/use-load.ts'
import { useEffect, useRef, useState } from 'react'
import { readOAuth } from './route.ts'

const NAMES = { google: 'Google', github: 'GitHub' }
const STATE = 'notechondria.oauth'
const PURPOSE = 'notechondria.oauth.purpose'

/** Buttons for what the backend has set up; nothing at all where that is nothing. */
export function Providers({ purpose }: { purpose: 'login' | 'bind' }) {
  const { data } = useLoad(() => call<{ providers: ProviderOffer[] }>('GET', '/auth/oauth-config/'), purpose)
  if (!data || data.providers.length === 0) return null
  function leave({ state, url }: ProviderOffer): void {
    sessionStorage.setItem(STATE, state)
    sessionStorage.setItem(PURPOSE, purpose)
    location.assign(url)
  }
  return (
    <p className="row">
      {data.providers.map((offer) => (
        <button key={offer.provider} type="button" className="quiet" onClick={() => leave(offer)}>
          {purpose === 'bind' ? 'Connect' : 'Go on with'} {NAMES[offer.provider]}
        </button>
      ))}
    </p>
  )
}

export function OAuthReturn({ query, onDone }: { query: URLSearchParams; onDone(token: string): Promise<void> }) {
  const [problem, setProblem] = useState('')
  const isBegun = useRef(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a code is good once
  useEffect(() => {
    if (isBegun.current) return
    isBegun.current = true
    finish(query, onDone).catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
  }, [])
  return problem ? (
    <p role="alert">
      {problem} <a href="#/sign-in">Sign in</a>
    </p>
  ) : (
    <p role="status">One moment…</p>
  )
}

async function finish(query: URLSearchParams, onDone: (token: string) => Promise<void>): Promise<void> {
  const { provider, code, state } = readOAuth(query, sessionStorage.getItem(STATE))
  const isBinding = sessionStorage.getItem(PURPOSE) === 'bind'
  sessionStorage.removeItem(STATE)
  if (isBinding) {
    await call('POST', `/auth/bind/${provider}/`, { code, state })
    location.hash = '#/account'
    return
  }
  await onDone((await call<{ token: string }>('POST', `/auth/${provider}/`, { code, state })).token)
}
