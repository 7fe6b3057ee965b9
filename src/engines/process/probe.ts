import { request } from 'node:http'
import { connect } from 'node:net'
import { codeOf, shapeOf } from '../../lib/error.ts'
import { matchJson } from '../../lib/match-json.ts'
import type { Health } from '../../model/app.ts'
import { paths } from './paths.ts'
import { textOf } from './values.ts'
import type { Live, World } from './world.ts'

/** What came back from one look at an instance, in words. */
export type Answer = { isHealthy: true } | { isHealthy: false; text: string }

const HEALTHY: Answer = { isHealthy: true }
const PROBE_MS = 5000
/** A first login may also set the server up. */
const LOGIN_MS = 60_000
const MAX_BODY = 64 * 1024

/** One look from outside. Without a `health` there is nothing to ask but whether it lives. */
export async function probe(world: World, live: Live, signal: AbortSignal, withinMs = PROBE_MS): Promise<Answer> {
  const ms = Math.min(withinMs, PROBE_MS)
  const { component, port } = live.record
  const health = component.health
  switch (health?.type) {
    case 'http':
      return askHttp(health, port ?? 0, signal, ms)
    case 'tcp':
      return knock(port ?? 0, signal, ms)
    case 'resource':
      return logIn(world, live, health, AbortSignal.any([signal, AbortSignal.timeout(Math.min(withinMs, LOGIN_MS))]))
    default: {
      const ran = performance.now() - live.startedAtMs
      const settle = (health?.settleSeconds ?? 0) * 1000
      if (live.isAlive && ran >= settle) return HEALTHY
      return { isHealthy: false, text: live.isAlive ? `it has run for ${(ran / 1000).toFixed(1)} s` : 'it does not run' }
    }
  }
}

function askHttp(health: Extract<Health, { type: 'http' }>, port: number, signal: AbortSignal, ms: number): Promise<Answer> {
  return new Promise((resolve) => {
    const no = (text: string) => resolve({ isHealthy: false, text })
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path: health.path,
        method: 'GET',
        headers: { host: health.host ?? 'localhost', 'user-agent': 'landfall-health', accept: '*/*' },
        agent: false,
        timeout: ms,
        signal,
      },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          if (body.length < MAX_BODY) body += chunk
        })
        response.on('error', (error) => no(`the answer broke off: ${error.message}`))
        response.on('end', () => resolve(judge(health, response.statusCode ?? 0, body)))
      },
    )
    asking.on('timeout', () => asking.destroy(new Error(`no answer within ${ms / 1000} s`)))
    asking.on('error', (error) => no(codeOf(error) === 'ECONNREFUSED' ? `nothing listens on 127.0.0.1:${port}` : error.message))
    asking.end()
  })
}

function judge(health: Extract<Health, { type: 'http' }>, status: number, body: string): Answer {
  const isExpected = health.status === undefined ? status < 500 : status === health.status
  const said = body.trim() === '' ? '' : `: ${body.trim().replace(/\s+/g, ' ').slice(0, 200)}`
  if (!isExpected) {
    const wanted = health.status === undefined ? 'below 500' : String(health.status)
    return { isHealthy: false, text: `GET ${health.path} answered ${status}, expected ${wanted}${said}` }
  }
  const difference = health.json === undefined ? undefined : matchJson(body, health.json)
  return difference === undefined
    ? HEALTHY
    : { isHealthy: false, text: `GET ${health.path} answered ${status}, but ${difference}` }
}

function knock(port: number, signal: AbortSignal, ms: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, signal })
    const end = (answer: Answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(ms, () => end({ isHealthy: false, text: `no connection within ${ms / 1000} s` }))
    socket.once('connect', () => end(HEALTHY))
    socket.on('error', (error) =>
      end({ isHealthy: false, text: codeOf(error) === 'ECONNREFUSED' ? `nothing listens on 127.0.0.1:${port}` : error.message }),
    )
  })
}

async function logIn(
  world: World,
  { record }: Live,
  health: Extract<Health, { type: 'resource' }>,
  signal: AbortSignal,
): Promise<Answer> {
  const server = world.options.servers[health.resource]
  if (!server) return { isHealthy: false, text: `no resource type ${health.resource} has a login` }
  const facts = {
    of: { app: record.app, environment: record.environment, component: record.component.name, release: record.release },
    index: record.index,
    version: '',
    artifactRoot: paths.artifactRoot(world.home, record.artifact),
    volumePath: (volume: string) => paths.volume(world.home, record, volume),
    ...(record.port !== undefined && { port: record.port }),
  }
  try {
    const values: Record<string, string> = {}
    for (const [name, v] of Object.entries(health.values)) values[name] = await textOf(v, facts, world.options.value)
    await server.login(values, signal)
    return HEALTHY
  } catch (error) {
    return { isHealthy: false, text: shapeOf(error).message }
  }
}
