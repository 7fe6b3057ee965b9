import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How the app behaves: each a way in which real ones go wrong. */
export type Mode =
  | 'well'
  /** Health answers 500, for ever. */
  | 'sick'
  /** Ends at once with 1. */
  | 'crashing'
  /** Ignores SIGTERM. */
  | 'deaf'
  /** Starts a child in a session of its own and forgets it. */
  | 'forking'
  /** Listens somewhere else than it was told. */
  | 'elsewhere'
  /** Healthy, and wrong in what it answers. */
  | 'wrong'

export interface AppOptions {
  name?: string
  mode?: Mode
  /** What `GET /` answers. */
  text?: string
  /** Put into the manifest under the component, as YAML lines. */
  component?: string[]
  /** More components, as YAML lines. */
  others?: string[]
  /** Put at the end of the manifest. */
  more?: string[]
}

/** A small app without dependencies, so that a release of it takes no longer than Landfall does. Writing it again changes it. */
export function writeApp(
  folder: string,
  { name = 'small', mode = 'well', text = 'hello', component = [], others = [], more = [] }: AppOptions = {},
): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'server.mjs'), SERVER)
  writeFileSync(join(folder, 'answer.json'), JSON.stringify({ text, mode }))
  writeFileSync(
    join(folder, 'landfall.yaml'),
    [
      `app: ${name}`,
      'components:',
      '  web:',
      '    type: web',
      '    build: { type: command, command: [node, --version], output: . }',
      '    run: node server.mjs',
      '    health: { path: /health, grace: 5s }',
      ...component.map((line) => `    ${line}`),
      ...others.map((line) => `  ${line}`),
      'routes:',
      `  - { host: ${name}.example, to: web }`,
      'checks:',
      '  - { name: greets, get: /greeting, text: welcome }',
      ...more,
      '',
    ].join('\n'),
  )
}

const SERVER = `import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
const { text, mode } = JSON.parse(readFileSync(new URL('answer.json', import.meta.url)))
const { PORT, LANDFALL_RELEASE: release } = process.env
console.log('first line of ' + release)
if (mode === 'crashing') { console.error('cannot go on: ' + text); process.exit(1) }
if (mode === 'deaf') process.on('SIGTERM', () => console.log('not listening'))
if (mode === 'forking') spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref()
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x')
  const answer = (body, status = 200) => response.writeHead(status, { 'x-release': release }).end(body)
  if (pathname === '/health') return mode === 'sick' ? answer('the pump is broken', 500) : answer('ok')
  if (pathname === '/greeting') return answer(mode === 'wrong' ? 'go away' : 'welcome')
  if (pathname === '/slow') return void setTimeout(() => answer(text), Number(searchParams.get('ms')))
  if (pathname === '/env') return answer(JSON.stringify(process.env))
  if (pathname === '/die') return process.exit(3)
  answer(text)
})
server.listen(mode === 'elsewhere' ? 0 : Number(PORT), '127.0.0.1')
if (mode !== 'deaf') process.on('SIGTERM', () => server.close(() => process.exit(0)))
`
