import { LandfallError } from '../../lib/error.ts'
import { isAlive } from '../../lib/process-identity.ts'
import type { Edge } from '../../model/plug.ts'
import { ensureEdge } from './ensure.ts'
import { readAbout } from './process/about.ts'
import { type CallOptions, callOnce, isGone } from './process/call.ts'
import { dial } from './process/dial.ts'
import { edgePaths } from './process/paths.ts'

const RETRY_MS = 25
/** A killed edge is back within one second; more only where the machine is very busy. */
const GONE_MS = 10_000
const BUSY_MS = 20_000

/** The edge of `home`, as the daemon sees it: every question goes over the control socket. */
export function connectEdge(options: { home: string; say(line: string): void }): Edge {
  const paths = edgePaths(options.home)
  let ensuring: Promise<void> | undefined
  const call = <T>(name: string, input: object, callOptions?: CallOptions) => callEdge<T>(paths, name, input, callOptions)
  return {
    ensure() {
      ensuring ??= ensureEdge(options.home, options.say).finally(() => {
        ensuring = undefined
      })
      return ensuring
    },
    routes: (scope) => call('routes', { scope }),
    stage: (scope, table) => call('stage', { scope, table }),
    ask: (scope, request) => call('ask', { scope, request }, { timeoutMs: request.timeoutMs + 10_000 }),
    dial: ({ app, environment }, to) => dial(paths.control, { scope: { app, environment }, ...to }),
    swap: (scope, table, epoch) => call('swap', { scope, table, epoch }),
    hold: (scope, components, seconds, epoch) => call('hold', { scope, components, seconds, epoch }),
    inFlight: (endpoint) => call('in-flight', { endpoint }),
    endpoints: (scope, component, release, endpoints) => call('endpoints', { scope, component, release, endpoints }),
    cut: (endpoint) => call('cut', { endpoint }),
    urls: (scope) => call('urls', { scope }),
    address: (scope, component) => call('address', { scope, component }),
    url: (scope, host) => call('url', { scope, host }),
    stats: () => call('stats', {}),
    async stop() {
      try {
        await callOnce(paths.control, 'stop', {})
      } catch (error) {
        if (!isGone(error)) throw error // It does not run: stopped it is.
      }
      const about = readAbout(paths.about)
      const deadline = performance.now() + GONE_MS
      while (about && isAlive(about.shell) && performance.now() < deadline) await pause(RETRY_MS)
    },
    close: async () => {},
  }
}

/**
 * One question. While the edge is being started anew by its shell it is asked again: every question can be asked twice. One that
 * was only staged is lost with the process that knew it, and the answer to `ask` says so.
 */
async function callEdge<T>(paths: ReturnType<typeof edgePaths>, name: string, input: object, options?: CallOptions): Promise<T> {
  const from = performance.now()
  for (;;) {
    try {
      return (await callOnce<T | null>(paths.control, name, input, options)) as T
    } catch (error) {
      const waited = performance.now() - from
      const isBusy = error instanceof LandfallError && error.code === 'E_EDGE_BUSY'
      if (!(isBusy && waited < BUSY_MS)) {
        if (!isGone(error)) throw error
        const about = readAbout(paths.about)
        const comesBack = about !== undefined && (isAlive(about.shell) || isAlive(about.process))
        if (!comesBack || waited > GONE_MS) {
          throw new LandfallError({
            code: 'E_EDGE_DOWN',
            message: 'the edge does not run',
            hint: 'any command that needs it starts it, for example `landfall up`',
            cause: error,
          })
        }
      }
      await pause(RETRY_MS)
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
