// The story that `npm run demo -- allucanget` tells with this system: its backend owns a file that one process may write, so a new
// one cannot run beside the old one. It is replaced, and requests wait meanwhile.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

const PROMPT = 'A lighthouse by the sea, seen while releases go on'

export const story = {
  /** `/videos` asks the backend, which asks the file. */
  reads: ['/videos', '/videos?part=gallery', '/health', '/'],
  /** The frontend has eight threads, and those whose requests wait are taken. */
  clients: 6,
  waits: true,
  health: { path: '/health', json: { ok: true, backend: 'connected' } },
  /** Somebody new, with a video in the making. */
  async begin({ url, expect }) {
    const email = `demo-${Date.now().toString(36)}@campus.example`
    const signedUp = await post(url, '/signup', { email, password: `password of ${email}` })
    expect(signedUp.status === 302, `/signup answers ${signedUp.status}`)
    const cookie = (signedUp.headers.get('set-cookie') ?? '').split(';')[0]
    const asked = await post(url, '/videos', { prompt: PROMPT }, cookie)
    expect(asked.status === 302, `/videos answers ${asked.status}`)
    return { headers: { cookie } }
  },
  better: {
    title: 'a new version of the backend: the old process must leave the file first',
    apply: (folder) => appendFileSync(join(folder, 'backend/api/main.py'), '\n# another source, another release\n'),
  },
  async after({ url, expect, begun }) {
    const page = await (await fetch(`${url}/videos`, { headers: begun.headers })).text()
    expect(page.includes(PROMPT), 'the video is not in the file any more')
  },
  proven: 'the account, its session and its video are in the file as before',
}

const post = (url, path, fields, cookie = '') =>
  fetch(url + path, { method: 'POST', body: new URLSearchParams(fields), headers: { cookie }, redirect: 'manual' })
