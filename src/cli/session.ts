import { type CallInput, call, handshake, type WatchInput, type WatchOptions, watch } from '../daemon/client.ts'
import { codeOf } from '../lib/error.ts'
import type { OpAnswers, OpName, StreamLines, StreamName } from '../ops/contract.ts'
import type { Context } from './context.ts'

/** The daemon of a home, started where none runs and started again where it went away. */
export interface Session {
  call<N extends OpName>(name: N, input: CallInput<N>): Promise<OpAnswers[N]>
  watch<N extends StreamName>(name: N, input: WatchInput<N>, options?: WatchOptions): AsyncGenerator<StreamLines[N]>
  /** Makes sure of it once more, after it was lost. */
  renew(): Promise<void>
}

const GONE = ['E_DAEMON_LOST', 'E_DAEMON_STOPPED', 'E_NO_DAEMON']
const TRIES = 3

export async function openSession(context: Context): Promise<Session> {
  const { home } = context
  await ensure(context)
  const session: Session = {
    /** Asked again when the daemon goes away: ops that only look may be repeated, and `apply` carries a key. */
    async call(name, input) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await call(home, name, input)
        } catch (error) {
          if (!GONE.includes(codeOf(error) ?? '') || tries === TRIES) throw error
          await ensure(context)
        }
      }
    },
    watch: (name, input, options) => watch(home, name, input, options),
    renew: () => ensure(context),
  }
  return session
}

async function ensure(context: Context): Promise<void> {
  const { home, version, err } = context
  // The daemon of our own version is the usual case, and needs none of what starting one needs.
  const running = await handshake(home).catch(() => undefined)
  if (running?.version === version && running.api_version === 1) return
  const { ensureDaemon } = await import('../daemon/start.ts')
  const { sourceVariables } = await import('./source-variables.ts')
  await ensureDaemon({ home, version, say: (line) => err.say(line), withheld: sourceVariables(context.folder) })
}
