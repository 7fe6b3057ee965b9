// The story that `npm run demo -- notechondria` tells with this system.
import { edit } from './edit.mjs'

const host = 'api.notechondria.example'

export const story = {
  /** The load goes to the backend; the first URL is that of the sites. */
  host,
  reads: ['/', '/api/v1/handshake/', '/api/v1/front-page/', '/api/v1/notes/', '/static/admin/css/base.css'],
  health: { path: '/api/v1/health/', json: { status: 'ok', database: 'connected' } },
  /** Somebody new: the code is in a mail that no one but this machine ever saw. The load asks with an API key, which outlives releases. */
  async begin({ url, expect, landfall }) {
    const username = `demo-${Date.now().toString(36)}`
    const email = `${username}@campus.example`
    const password = `password of ${username}`
    await send('/api/v1/auth/register/', { username, email, password })
    const mail = await landfall(['mail', 'show'])
    const code = /\b(\d{6}) confirms/.exec(mail.text)?.[1]
    expect(code, 'no mail with a code arrived')
    const { token } = await send('/api/v1/auth/verify-email/', { email, code })
    const { api_key: key } = await send('/api/v1/auth/rotate-api-key/', {}, `Token ${token}`)
    const headers = { authorization: `Bearer ${key}` }
    return {
      token,
      headers,
      write: { path: '/api/v1/planner-events/', body: { starts_at: '2031-04-02T09:00:00Z' } },
      async rows() {
        const titles = []
        for (let events; events?.length !== 0; titles.push(...events.map(({ title }) => title))) {
          events = await (await fetch(`${url}/api/v1/planner-events/?offset=${titles.length}`, { headers })).json()
        }
        return { rows: titles.length, twice: titles.filter((title, at) => titles.indexOf(title) !== at) }
      },
    }

    async function send(path, body, authorization = '') {
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify(body),
      })
      expect(answer.ok, `${path} answers ${answer.status}`)
      return answer.json()
    }
  },
  better: {
    title: 'a new version: of the backend and of all three sites',
    apply: (folder) => edit(folder, 'VERSION', '0.1.66', '0.1.67'),
    shows: { host, path: '/api/v1/handshake/', text: '"version":"0.1.67"' },
  },
  broken: {
    title: 'a broken version: a table’s name misspelt in a query',
    apply: (folder) => edit(folder, 'backend/src/courses.ts', 'from courses c join', 'from course c join'),
  },
  /** On purpose: a release begins without old sessions. */
  async after({ url, expect, begun }) {
    const headers = { authorization: `Token ${begun.token}` }
    const session = await (await fetch(`${url}/api/v1/auth/session/`, { headers })).json()
    expect(session.authenticated === false, 'a session outlived the release')
  },
  proven: 'the release ended all sessions, as the manifest says, and the API key went on',
}
