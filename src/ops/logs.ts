import type { LogLine } from '../model/plug.ts'
import type { StreamInput } from './contract.ts'
import { appNameOf } from './read-manifest.ts'
import type { Setting } from './world.ts'

/** Lines of the app's instances, by time; also of those that are gone. */
export async function* logs(setting: Setting, input: StreamInput<'logs'>, signal: AbortSignal): AsyncIterable<LogLine> {
  const scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  const { components, release, since, lines, follow } = input
  yield* setting.engine.logs(scope, {
    follow,
    lines,
    signal,
    ...(components && { components }),
    ...(release && { release }),
    ...(since !== undefined && { since }),
  })
}
