import { LandfallError } from '../lib/error.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { appNameOf, isProtected } from './read-manifest.ts'
import { resolveValue } from './value.ts'
import type { Setting } from './world.ts'

/**
 * The address under which a person's client reaches a resource of the release that serves, password and all: whoever may ask this
 * may also run commands beside the app. For reading where that was asked for, and in a protected environment unless it was refused.
 */
export async function resourceLogin(setting: Setting, input: OpInput<'resource-login'>): Promise<OpAnswers['resource-login']> {
  const { store, edge } = setting
  const scope = { app: await appNameOf(input, store), environment: input.environment }
  const { outcome, release } = store.releases.serving(scope)
  const resources = outcome.operate?.resources ?? []
  const resource = resources.find((r) => r.name === input.resource)
  const type = resource && resourceTypes[resource.type]
  if (!resource || !type || !release) {
    const known = resources.map((r) => r.name).sort()
    throw new LandfallError({
      code: 'E_UNKNOWN_REF',
      message: `${scope.environment} has no resource ${input.resource}`,
      hint: known.length > 0 ? `there are ${known.join(', ')}` : 'landfall up',
    })
  }
  if (!type.outputs.includes('url')) {
    throw new LandfallError({ code: 'E_NO_LOGIN', message: `${resource.name} is of type ${type.type}, which nobody logs into` })
  }
  const isReadonly = input.readonly ?? (await isProtected(input, store))
  // A server of somebody else's may have no role for reading; the session is then opened read-only.
  const hasReader = resource.options.url === undefined || resource.options.readonlyUrl !== undefined
  const field = isReadonly && hasReader && type.outputs.includes('readonlyUrl') ? 'readonlyUrl' : 'url'
  const of = { ...scope, component: resource.name, release: outcome.serving[resource.name]?.release ?? release }
  const url = await resolveValue(type.output(resource, field), of, { store, edge, engine: () => setting.engine })
  return { resource: resource.name, type: resource.type, url, isReadonly }
}
