import { LandfallError } from '../lib/error.ts'
import { nearest } from '../lib/nearest.ts'
import type { Scope } from '../model/plan.ts'
import type { LogLine } from '../model/plug.ts'
import type { StreamInput } from './contract.ts'
import { appNameOf } from './read-manifest.ts'
import type { Setting } from './world.ts'

/** Lines of the app's instances, by time; also of those that are gone. */
export async function* logs(setting: Setting, input: StreamInput<'logs'>, signal: AbortSignal): AsyncIterable<LogLine> {
  const scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  const { components, release, since, lines, follow } = input
  await refuseUnknown(setting, scope, components ?? [])
  yield* setting.engine.logs(scope, {
    follow,
    lines,
    signal,
    ...(components && { components }),
    ...(release && { release }),
    ...(since !== undefined && { since }),
  })
}

/** A name that nothing has would be silence, which looks like an app that says nothing. */
async function refuseUnknown(setting: Setting, scope: Scope, names: string[]): Promise<void> {
  if (names.length === 0) return
  const records = setting.store.releases.list(scope).flatMap((r) => Object.keys(r.components))
  const instances = (await setting.engine.instances(scope)).map((i) => i.component)
  const known = new Set([...records, ...instances])
  const unknown = names.find((n) => !known.has(n))
  if (unknown === undefined) return
  const near = nearest(unknown, known)
  throw new LandfallError({
    code: 'E_UNKNOWN_REF',
    message: `nothing called ${unknown} has run in ${scope.app}/${scope.environment}`,
    hint: near ? `did you mean \`${near}\`?` : `components: ${[...known].sort().join(', ')}`,
  })
}
