// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { repositoryFolder } from './helpers.ts'

/** What is wrong with it; each in a way that only a check of that kind notices. */
export type Flaw =
  | 'none'
  | 'link leads elsewhere'
  | 'no mail'
  | 'link is dead'
  | 'socket says nothing'
  | 'redirects away'
  | 'token is ignored'

export interface MailingAppOptions {
  flaw?: Flaw
  /** Lines of `checks:`, `resources:` and others, at the end of the manifest. */
  more?: string[]
}

/**
 * An app with what checks are for: sign-in by a mailed link that works once, tokens, cookies, redirects and a WebSocket. Bundled,
 * so that its build has nothing to fetch.
 */
export async function writeMailingApp(folder: string, { flaw = 'none', more = [] }: MailingAppOptions = {}): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await build({
    stdin: { contents: SERVER, resolveDir: repositoryFolder, loader: 'js' },
    outfile: join(folder, 'server.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    logLevel: 'error',
  })
  writeFileSync(join(folder, 'flaw.txt'), flaw)
  writeFileSync(
    join(folder, 'landfall.yaml'),
    [
      'app: mailing',
      'components:',
      '  web:',
      '    type: web',
      '    build: { type: command, command: [node, --version], output: . }',
      '    run: node server.cjs',
      '    health: { path: /health, grace: 10s }',
      '    env:',
      '      SMTP_HOST: { from: mail.host }',
      '      SMTP_PORT: { from: mail.port }',
      '      SMTP_USER: { from: mail.user }',
      '      SMTP_PASSWORD: { from: mail.password }',
      '      ORIGIN: { from: web.url }',
      'routes:',
      '  - { host: mailing.example, to: web }',
      ...(more.some((line) => line.startsWith('resources:')) ? [] : ['resources:', '  mail: { type: mail }']),
      ...more,
      '',
    ].join('\n'),
  )
}

export const CHECKS = [
  'checks:',
  '  - { name: moved, get: /old, redirects: 2, text: welcome }',
  '  - { name: moved to, get: /old, location: /older }',
  '  - { name: hello, websocket: { path: /socket, send: { type: hello }, expect: { json: { type: welcome, at: "<any>" } } } }',
  '  - name: token',
  '    steps:',
  '      - { post: /api/login, body: { email: "${EMAIL}" }, status: 201, capture: { token: json.user.token, page: header.x-page } }',
  '      - { get: "/api/me?page=${page}", headers: { authorization: "Token ${token}" }, json: { email: "${EMAIL}", id: { matches: "^[0-9a-f]{8}$" } } }',
  '  - name: magic link',
  '    post: /api/magic-link',
  '    body: { email: "${EMAIL}" }',
  '    status: 202',
  '    mail: { to: "${EMAIL}", subject: Sign in, linkHost: "${host}", follow: { status: 200, redirects: 1, json: { email: "${EMAIL}" } } }',
]

const SERVER = String.raw`
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import { WebSocketServer } from 'ws'
const flaw = readFileSync(join(__dirname, 'flaw.txt'), 'utf8')
const { PORT, ORIGIN, SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD } = process.env
const transport = nodemailer.createTransport({ host: SMTP_HOST, port: Number(SMTP_PORT), secure: false, auth: { user: SMTP_USER, pass: SMTP_PASSWORD } })
const links = new Map(), sessions = new Map(), tokens = new Map()
let isBroken = false
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://x')
  const json = (status, body, headers = {}) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  const to = (location, status = 302, headers = {}) => response.writeHead(status, { location, ...headers }).end()
  let body = ''
  for await (const part of request) body += part
  const sent = body ? JSON.parse(body) : {}
  const cookie = /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
  switch (request.method + ' ' + url.pathname) {
    case 'GET /health': return json(200, { ok: true })
    case 'POST /break': isBroken = true; return json(200, {})
    case 'GET /greeting': return isBroken ? json(500, { error: 'the pump is broken' }) : response.end('welcome')
    case 'GET /old': return to(flaw === 'redirects away' ? 'https://elsewhere.example/' : '/older', 301)
    case 'GET /older': return to(ORIGIN + '/greeting')
    case 'POST /api/login': {
      const token = randomBytes(8).toString('hex')
      tokens.set(token, { email: sent.email, id: randomBytes(4).toString('hex') })
      return json(201, { user: { token } }, { 'x-page': '7' })
    }
    case 'GET /api/me': {
      const user = tokens.get((request.headers.authorization ?? '').replace('Token ', ''))
      if (!user || flaw === 'token is ignored' || url.searchParams.get('page') !== '7') return json(401, { error: 'who are you?' })
      return json(200, user)
    }
    case 'POST /api/magic-link': {
      const token = randomBytes(16).toString('hex')
      links.set(token, sent.email)
      const origin = flaw === 'link leads elsewhere' ? 'https://staging.elsewhere.example' : ORIGIN
      if (flaw !== 'no mail') {
        await transport.sendMail({ from: 'hello@mailing.example', to: sent.email, subject: 'Sign in to Mailing',
          html: '<style>p { color: red }</style><p>Hello &amp; welcome,</p><p><a href="' + origin + '/verify?token=' + token + '&amp;x=1">sign in</a></p>' })
      }
      return json(202, {})
    }
    case 'GET /verify': {
      const email = links.get(url.searchParams.get('token'))
      if (!email || url.searchParams.get('x') !== '1' || flaw === 'link is dead') return json(410, { error: 'this link was used' })
      links.delete(url.searchParams.get('token'))
      const session = randomBytes(8).toString('hex')
      sessions.set(session, email)
      return to('/account', 303, { 'set-cookie': ['session=' + session + '; HttpOnly; Expires=Wed, 21 Oct 2099 07:28:00 GMT', 'theme=dark'] })
    }
    case 'GET /account': return sessions.has(cookie) ? json(200, { email: sessions.get(cookie) }) : json(401, {})
    default: return json(404, {})
  }
})
new WebSocketServer({ server, path: '/socket' }).on('connection', (socket) => {
  socket.on('message', (data) => {
    if (flaw !== 'socket says nothing' && JSON.parse(data).type === 'hello') {
      socket.send(JSON.stringify({ type: 'noise' }))
      socket.send(JSON.stringify({ type: 'welcome', at: Date.now() }))
    }
  })
})
server.listen(Number(PORT), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
`
