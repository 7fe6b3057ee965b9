// A process engine in a process of its own, so that tests can kill it or run it as another user. Reads one JSON command a line
// from stdin, answers with one JSON line each.
import { createInterface } from 'node:readline'
import { openEngine } from '../src/engines/process/engine.ts'
import { shapeOf } from '../src/lib/error.ts'
import type { Component, ReleaseStep } from '../src/model/app.ts'
import type { Scope } from '../src/model/plan.ts'
import type { StepContext } from '../src/model/plug.ts'

/** Arguments of each command, in order. */
export interface DriverOps {
  recover: []
  check: []
  start: [scope: Scope, component: Component, release: string, artifact: string, digest: string]
  healthy: [scope: Scope, component: Component, release: string, timeoutSeconds: number]
  stop: [scope: Scope, component: string, release: string]
  retire: [scope: Scope, component: string, release: string, drainSeconds: number]
  volume: [scope: Scope, name: string]
  once: [scope: Scope, component: Component, release: string, artifact: string, command: ReleaseStep, run: string]
  onceState: [scope: Scope, release: string, component: string, name: string]
  prune: [scope: Scope, releases: string[], artifacts: string[]]
  instances: []
  observe: [scope: Scope]
  endpoints: [scope: Scope, component: string, release: string]
  exec: [scope: Scope, component: Component, release: string, artifact: string, command: string[]]
  /** What the edge would say is in flight. */
  inFlight: [requests: number]
  notices: []
  cpuMs: []
}
export type DriverOp = { [K in keyof DriverOps]: { op: K; args: DriverOps[K] } }[keyof DriverOps]

const notices: unknown[] = []
const engine = openEngine({
  home: process.argv[2] ?? '',
  builders: {},
  servers: {},
  value: async () => 'a value',
  notice: (n) => notices.push(n),
})
const signal = new AbortController().signal
const context = (scope: Scope, run = 'run-1'): StepContext => ({ ...scope, run, signal, say: () => {} })

async function carryOut({ op, args }: DriverOp): Promise<unknown> {
  switch (op) {
    case 'recover':
      return engine.recover()
    case 'check':
      return engine.check()
    case 'start': {
      const [scope, component, release, artifact, digest] = args
      return engine.steps.start({ type: 'start', component, release, artifact, digest }, context(scope))
    }
    case 'healthy': {
      const [scope, component, release, timeoutSeconds] = args
      return engine.steps['await-healthy']({ type: 'await-healthy', component, release, timeoutSeconds }, context(scope))
    }
    case 'stop':
      return engine.steps.stop({ type: 'stop', component: args[1], release: args[2] }, context(args[0]))
    case 'retire': {
      const [scope, component, release, drainSeconds] = args
      return engine.steps.retire({ type: 'retire', component, release, drainSeconds }, context(scope))
    }
    case 'volume':
      return engine.steps.volume({ type: 'volume', name: args[1], runsAs: 'app' }, context(args[0]))
    case 'once': {
      const [scope, component, release, artifact, command, run] = args
      const step = { type: 'run-once', component, release, artifact, name: command.name, command } as const
      return engine.steps['run-once'](step, context(scope, run))
    }
    case 'onceState':
      return engine.once(...args)
    case 'prune':
      return engine.steps.prune({ type: 'prune', releases: args[1], artifacts: args[2] }, context(args[0]))
    case 'instances':
      return engine.instances()
    case 'observe':
      return engine.observe(...args)
    case 'endpoints':
      return engine.endpoints(...args)
    case 'exec': {
      let out = ''
      const take = (chunk: Uint8Array) => {
        out += Buffer.from(chunk).toString('utf8')
      }
      const code = await engine.exec(...args, { stdout: take, stderr: take, signal })
      return { code, out }
    }
    case 'inFlight':
      return engine.drained(async () => args[0])
    case 'notices':
      return notices
    case 'cpuMs': {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    }
  }
}

const lines = createInterface({ input: process.stdin })
for await (const line of lines) {
  const asked = JSON.parse(line) as DriverOp // From our own tests alone.
  const answer = await carryOut(asked).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: shapeOf(error) }),
  )
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await engine.close()
