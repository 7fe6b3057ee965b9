import { setTimeout as sleep } from 'node:timers/promises'
import { LandfallError, shapeOf } from '../../lib/error.ts'
import { tellWaiting } from '../../lib/tell-waiting.ts'
import type { Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import { textOf } from './values.ts'
import type { World } from './world.ts'

type AwaitResource = Extract<Step, { type: 'await-resource' }>

/** A server that takes the connection and says nothing must not take the whole wait. */
const TRY_MS = 10_000
const PAUSE_MS = 500
/** A server that is up and knows these credentials not will not learn them. */
const REFUSALS = 3

/** Logs in to a server that is not ours, again and again, until it lets us in. */
export async function awaitResource(world: World, step: AwaitResource, ctx: StepContext): Promise<void> {
  const server = world.options.servers[step.server]
  if (!server) throw new LandfallError({ code: 'E_INTERNAL', message: `no resource type ${step.server} has a login` })
  const values = await textsOf(world, step.values, ctx, step.release)
  const deadline = performance.now() + step.timeoutSeconds * 1000
  const tell = tellWaiting(step.resource, ctx.say)
  let refusals = 0
  for (;;) {
    const error = await tryOnce((signal) => server.login(values, signal), ctx.signal, deadline)
    if (error === undefined) return
    if (ctx.signal.aborted) throw new LandfallError({ code: 'E_CANCELLED', message: `the wait for ${step.resource} was ended` })
    const shape = shapeOf(error)
    refusals = shape.code === 'E_CREDENTIALS' ? refusals + 1 : 0
    const isOver = performance.now() >= deadline
    if (isOver || refusals >= REFUSALS) {
      const how = isOver ? `took no login within ${step.timeoutSeconds} s` : 'refuses these credentials'
      throw new LandfallError({
        code: 'E_NEEDS',
        at: `resources.${step.resource}`,
        message: `${step.resource} ${how}: ${shape.message}`,
        ...(shape.detail && { detail: shape.detail }),
        hint: shape.hint ?? 'see that the server runs and can be reached from here, then landfall up',
        cause: error,
      })
    }
    tell(shape.message)
    await sleep(Math.max(0, Math.min(PAUSE_MS, deadline - performance.now())), undefined, { signal: ctx.signal }).catch(() => {}) // Ended: seen above.
  }
}

/** The texts of a login's values, as the newest stored values make them. */
export async function textsOf(
  world: World,
  values: AwaitResource['values'],
  { app, environment }: StepContext,
  release: string,
  component = '',
): Promise<Record<string, string>> {
  const facts = {
    of: { app, environment, component, release },
    index: 0,
    version: '',
    artifactRoot: '',
    volumePath: () => '',
  }
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) texts[name] = await textOf(value, facts, world.options.value)
  return texts
}

/** What went wrong, also where nothing came back in time. */
async function tryOnce(login: (signal: AbortSignal) => Promise<void>, ended: AbortSignal, deadline: number): Promise<unknown> {
  const ms = Math.max(1, Math.ceil(Math.min(TRY_MS, deadline - performance.now())))
  const signal = AbortSignal.any([ended, AbortSignal.timeout(ms)])
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${Math.max(1, Math.round(ms / 1000))} s`)), {
      once: true,
    })
  })
  late.catch(() => {}) // Where the login came first, nobody waits for it.
  try {
    await Promise.race([login(signal), late])
    return undefined
  } catch (error) {
    return error ?? new Error('it failed without a word')
  }
}
