import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEngine } from '../src/engines/process/engine.ts'
import type { Bounds } from '../src/engines/process/world.ts'
import { removeTree } from '../src/lib/build/remove-tree.ts'
import type { Component, ReleaseStep } from '../src/model/app.ts'
import type { Scope } from '../src/model/plan.ts'
import type { Engine, EngineOptions, LogLine, LogQuery, Notice, StepContext } from '../src/model/plug.ts'
import type { Value } from '../src/model/value.ts'

export const isRoot = process.getuid?.() === 0
export const shop: Scope = { app: 'shop', environment: 'local' }

/** A real process engine over a home of its own under the temporary folder, with artifacts made by hand. */
export class EngineBench {
  readonly home: string
  readonly notices: Notice[] = []
  readonly said: string[] = []
  stored: Record<string, string> = {}
  engine: Engine
  private readonly more: Partial<EngineOptions>
  private readonly bounds: Bounds | undefined

  constructor(more: Partial<EngineOptions> = {}, bounds?: Bounds, home?: string) {
    this.home = home ?? newHome()
    this.more = more
    this.bounds = bounds
    this.engine = this.connect()
  }

  connect(): Engine {
    const options: EngineOptions = {
      home: this.home,
      builders: {},
      servers: {},
      value: async (v) => (v.type === 'stored' ? (this.stored[v.name] ?? '') : `<${v.type}>`),
      notice: (n) => this.notices.push(n),
      ...this.more,
    }
    return this.bounds ? openEngine(options, this.bounds) : openEngine(options)
  }

  /** As after a daemon's end: another engine over the same home. */
  async reconnect(): Promise<void> {
    await this.engine.close()
    this.engine = this.connect()
    await this.engine.recover()
  }

  context(over: Partial<StepContext> = {}): StepContext {
    return { ...shop, run: 'run-1', signal: new AbortController().signal, say: (line) => this.said.push(line), ...over }
  }

  artifact(name: string, files: Record<string, string> = {}, facts: object = {}): string {
    makeArtifact(this.home, name, files, facts)
    return name
  }

  async start(c: Component, release: string, artifact = 'app', digest = `d-${release}`, scope = shop): Promise<void> {
    await this.engine.steps.start({ type: 'start', component: c, release, digest, artifact }, this.context(scope))
  }

  async healthy(c: Component, release: string, timeoutSeconds = 30, scope = shop): Promise<void> {
    await this.engine.steps['await-healthy'](
      { type: 'await-healthy', component: c, release, timeoutSeconds },
      this.context(scope),
    )
  }

  async up(c: Component, release: string, artifact = 'app'): Promise<string> {
    await this.start(c, release, artifact)
    await this.healthy(c, release)
    return (await this.engine.endpoints(shop, c.name, release))[0] ?? ''
  }

  async stop(component: string, release: string, scope = shop): Promise<void> {
    await this.engine.steps.stop({ type: 'stop', component, release }, this.context(scope))
  }

  async retire(component: string, release: string, drainSeconds: number): Promise<void> {
    await this.engine.steps.retire({ type: 'retire', component, release, drainSeconds }, this.context())
  }

  async once(
    c: Component,
    release: string,
    command: ReleaseStep,
    over: Partial<StepContext> = {},
    artifact = 'app',
  ): Promise<void> {
    const step = { type: 'run-once', component: c, release, artifact, name: command.name, command } as const
    await this.engine.steps['run-once'](step, this.context(over))
  }

  async logs(query: Partial<LogQuery> = {}): Promise<LogLine[]> {
    const lines: LogLine[] = []
    for await (const line of this.engine.logs(shop, { follow: false, ...query })) lines.push(line)
    return lines
  }

  /** Ends all that is left; throws when something of this home lived on after it was stopped. */
  async close(): Promise<void> {
    for (const i of await this.engine.instances()) {
      await this.engine.steps.stop({ type: 'stop', component: i.component, release: i.release }, this.context(i))
    }
    await this.engine.close()
    const left = processesOf(this.home)
    for (const pid of left) process.kill(pid, 'SIGKILL')
    for (let i = 0; i < 50 && processesOf(this.home).length > 0; i++) await sleep(20)
    await removeTree(this.home)
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
  }
}

export function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'landfall-process-'))
  chmodSync(home, 0o755)
  return home
}

export function makeArtifact(home: string, name: string, files: Record<string, string>, facts: object = {}): void {
  const root = join(home, 'artifacts', name, 'root')
  for (const [path, text] of Object.entries({ 'app.mjs': APP, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, { mode: 0o755 })
  }
  mkdirSync(root, { recursive: true })
  const said = { version: 1, path: [], runtimes: [dirname(process.execPath)], builtAt: '', sizeBytes: 0, findings: [], ...facts }
  writeFileSync(join(home, 'artifacts', name, 'artifact.json'), JSON.stringify(said))
}

/** Answers on PORT with what it knows of itself; `MODE` makes it misbehave. */
const APP = `import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
const mode = process.env.MODE ?? 'serve'
console.log('begins in mode', mode)
if (mode === 'crash') { console.error('cannot go on'); process.exit(7) }
if (mode === 'ignores-term') process.on('SIGTERM', () => console.log('no'))
else process.once('SIGTERM', async () => { console.log('ends'); await sleep(Number(process.env.ENDS_IN ?? 0)); process.exit(0) })
const port = mode === 'wrong-port' ? Number(process.env.PORT) + 1 : Number(process.env.PORT)
const host = mode === 'ipv6-only' ? '::1' : '127.0.0.1'
const facts = () => ({ ok: mode !== 'sick', release: process.env.LANDFALL_RELEASE, pid: process.pid, uid: process.getuid(), cwd: process.cwd() })
if (mode !== 'deaf') createServer(async (q, a) => {
  if (q.url === '/exit') process.exit(3)
  if (q.url === '/env') return a.end(JSON.stringify(process.env))
  if (q.url === '/slow') await sleep(1000)
  if (q.url.startsWith('/log/')) console.log(decodeURIComponent(q.url.slice(5)))
  a.statusCode = mode === 'sick' ? 503 : 200
  a.end(JSON.stringify({ ...facts(), host: q.headers.host }))
}).listen(port, host, () => console.log('listens'))
else setInterval(() => {}, 1000)
`

export function text(value: string): Value {
  return { type: 'text', text: value }
}
export function texts(...values: string[]): Value[] {
  return values.map(text)
}

/** A web component that runs `app.mjs` of its artifact. */
export function aWeb(name: string, env: Record<string, Value | string> = {}, over: Partial<Component> = {}): Component {
  return {
    name,
    type: 'web',
    source: { type: 'folder', path: '/nowhere', digest: 'd' },
    build: { builder: 'command', options: {}, env: {}, timeoutSeconds: 60, limits: {} },
    command: texts('node', 'app.mjs'),
    env: Object.fromEntries(Object.entries(env).map(([k, v]) => [k, typeof v === 'string' ? text(v) : v])),
    health: { type: 'http', path: '/', status: 200, everySeconds: 2, timeoutSeconds: 30 },
    needs: [],
    instances: 1,
    limits: {},
    releaseSteps: [],
    mounts: [],
    stop: { drainSeconds: 30, signal: 'SIGTERM', graceSeconds: 10 },
    rollout: 'overlap',
    address: 'edge',
    runsAs: 'app',
    tasks: {},
    ...over,
  }
}

export interface AppFacts {
  ok: boolean
  release: string
  pid: number
  uid: number
  cwd: string
  host: string
}

export async function ask(endpoint: string, path = '/'): Promise<AppFacts> {
  return JSON.parse(await get(endpoint, path)) as AppFacts
}

export function get(endpoint: string, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(new URL(path, endpoint), { agent: false, timeout: 20_000 }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        body += chunk
      })
      answer.on('end', () => resolve(body))
      answer.on('error', reject)
    })
    asking.on('error', reject)
    asking.end()
  })
}

/** Every process on the machine that carries the mark of this home. */
export function processesOf(home: string, instance?: string, mark = 'LANDFALL_INSTANCE='): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map(Number)
    .filter((pid) => {
      try {
        const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        const isMarked = entries.some((e) => e.startsWith(mark))
        return (
          isMarked &&
          entries.includes(`LANDFALL_HOME=${home}`) &&
          (!instance || entries.includes(`LANDFALL_INSTANCE=${instance}`))
        )
      } catch {
        return false // Gone, or somebody else's.
      }
    })
}

/** Waits for something to become true; the time is a hang guard. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`)
    await sleep(20)
  }
}

/** The error that something fails with. */
export async function errorOf(
  doing: Promise<unknown>,
): Promise<{ code?: string; message: string; detail?: string; hint?: string }> {
  try {
    await doing
  } catch (error) {
    return error as { code?: string; message: string } // Our own errors; a foreign one fails the assertion on its code.
  }
  throw new Error('did not fail')
}
