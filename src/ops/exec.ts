import { Readable } from 'node:stream'
import { LandfallError } from '../lib/error.ts'
import type { StreamInput, StreamLines } from './contract.ts'
import { appNameOf } from './read-manifest.ts'
import type { Setting } from './world.ts'
import type { StreamIo } from './world-type.ts'

/** A command beside what serves: its artifact, environment, uid and mounts. Changes nothing that is planned. */
export async function* exec(setting: Setting, input: StreamInput<'exec'>, io: StreamIo): AsyncIterable<StreamLines['exec']> {
  const scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  const { outcome } = setting.store.releases.serving(scope)
  const serving = outcome.serving[input.component]
  if (!serving) {
    const known = Object.keys(outcome.serving).sort().join(', ')
    throw new LandfallError({
      code: 'E_UNKNOWN_REF',
      message: `${input.component} does not serve in ${scope.environment}`,
      hint: known ? `what serves: ${known}` : 'landfall up',
    })
  }
  const queue: StreamLines['exec'][] = []
  let wake = () => {}
  let isDone = false
  let failure: unknown
  const push = (line: StreamLines['exec']) => {
    queue.push(line)
    wake()
  }
  const send = (type: 'stdout' | 'stderr') => (chunk: Uint8Array) => push({ type, base64: Buffer.from(chunk).toString('base64') })
  const ended = setting.engine
    .exec(scope, serving.component, serving.release, serving.artifact, input.command, {
      ...(io.stdin && { stdin: Readable.from(io.stdin) }),
      stdout: send('stdout'),
      stderr: send('stderr'),
      signal: io.signal,
    })
    .then((code) => push({ type: 'exit', code }))
    .catch((error: unknown) => {
      failure = error
    })
    .finally(() => {
      isDone = true
      wake()
    })
  while (true) {
    const line = queue.shift()
    if (line) {
      yield line
      continue
    }
    if (isDone) break
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  await ended
  if (failure) throw failure
}
