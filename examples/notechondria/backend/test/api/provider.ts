import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

interface Person {
  sub: string
  email: string
  id: number
  login: string
}

/** Google and GitHub in one, on this machine: whoever comes is the person who is set at that moment, and agrees. */
export async function startProvider() {
  const codes = new Map<string, { challenge: string; redirectUri: string; person: Person }>()
  const tokens = new Map<string, Person>()
  const state = { person: { sub: 'g-1', email: 'ada@elsewhere.example', id: 1, login: 'ada' } }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://provider')
    const say = (status: number, json: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    if (url.pathname.endsWith('/authorize')) {
      const ask = Object.fromEntries(url.searchParams)
      if (ask.client_id !== 'client' || ask.response_type !== 'code') return say(400, { error: 'invalid_request' })
      const code = randomUUID()
      codes.set(code, { challenge: ask.code_challenge ?? '', redirectUri: ask.redirect_uri ?? '', person: state.person })
      const back = new URL(ask.redirect_uri ?? '')
      back.search = new URLSearchParams({ code, state: ask.state ?? '' }).toString()
      return response.writeHead(302, { location: back.href }).end()
    }
    if (url.pathname === '/token' || url.pathname.endsWith('/access_token')) {
      let text = ''
      for await (const chunk of request.setEncoding('utf8')) text += chunk
      const ask = Object.fromEntries(new URLSearchParams(text))
      const known = codes.get(ask.code ?? '')
      codes.delete(ask.code ?? '')
      const challenge = createHash('sha256')
        .update(ask.code_verifier ?? '')
        .digest('base64url')
      const isGood =
        known && ask.client_secret === 'secret' && known.challenge === challenge && known.redirectUri === ask.redirect_uri
      if (!isGood) return say(400, { error: 'invalid_grant' })
      const token = randomUUID()
      tokens.set(token, known.person)
      return say(200, { access_token: token, token_type: 'bearer' })
    }
    const person = tokens.get(request.headers.authorization?.replace('Bearer ', '') ?? '')
    if (!person) return say(401, { error: 'invalid_token' })
    if (url.pathname === '/userinfo') return say(200, { sub: person.sub, email: person.email, email_verified: true })
    return say(200, { id: person.id, login: person.login, email: null })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const env = (backend: string): Record<string, string> => ({
    GOOGLE_OAUTH_CLIENT_ID: 'client',
    GOOGLE_OAUTH_CLIENT_SECRET: 'secret',
    GOOGLE_AUTHORIZED_REDIRECT_URI: `${backend}/auth/google/callback`,
    GOOGLE_OAUTH_URL: base,
    GITHUB_APP_CLIENT_ID: 'client',
    GITHUB_APP_CLIENT_SECRET: 'secret',
    GITHUB_AUTHORIZED_REDIRECT_URI: `${backend}/auth/github/callback`,
    GITHUB_OAUTH_URL: base,
  })
  return { state, env, close: () => new Promise((resolve) => server.close(resolve)) }
}
