import type { Health } from '../model/app.ts'
import type { ManifestComponent } from './schema.ts'
import { toSeconds } from './units.ts'
import type { World } from './world.ts'

const GRACE = '60s'
const EVERY = '5s'
const SETTLE = '3s'

/** How we know that an instance works; what nobody said is filled in by the component's type. */
export function resolveHealth(world: World, name: string, component: ManifestComponent): Health | undefined {
  const { type } = component
  const { health } = component
  const at = ['components', name, 'health']
  if (type === 'job' || type === 'static' || type === 'cron' || type === 'artifact') {
    if (health !== undefined) {
      const because =
        type === 'static'
          ? 'static files need no probe'
          : type === 'artifact'
            ? 'an artifact runs nowhere'
            : `a ${type} component is done when it exits 0`
      world.remarks.key(
        'E_NOT_HERE',
        at,
        because,
        type !== 'static' ? 'leave it out' : 'leave it out; `checks` can ask for a file',
      )
    }
    return undefined
  }
  const said = typeof health === 'string' ? { path: health } : (health ?? {})
  const kinds = (['path', 'tcp', 'alive'] as const).filter((k) => said[k] !== undefined)
  if (kinds.length > 1) world.remarks.error('E_CONFLICT', at, `has ${kinds.join(' and ')}`, 'keep one of them')
  const onlyHttp = (['status', 'json', 'host'] as const).filter((k) => said[k] !== undefined)
  const kind = kinds[0] ?? (type === 'web' || onlyHttp.length > 0 ? 'path' : 'alive')
  if (kind !== 'path' && onlyHttp.length > 0) {
    world.remarks.error(
      'E_CONFLICT',
      at,
      `${onlyHttp.join(', ')} is about an answer to a path, and there is no path`,
      'add `path`',
    )
  }
  const timeoutSeconds = toSeconds(said.grace ?? GRACE)
  const everySeconds = toSeconds(said.every ?? EVERY)
  if (kind === 'alive') return { type: 'alive', settleSeconds: toSeconds(said.alive ?? SETTLE), timeoutSeconds }
  if (kind === 'tcp') return { type: 'tcp', everySeconds, timeoutSeconds }
  // Who names a path means that it answers well; `/` of an app that nobody described may redirect, or want a sign-in.
  const status = said.status ?? (said.path === undefined ? undefined : 200)
  // Many frameworks answer only to hosts they know, so the probe asks as the world would.
  const host = said.host ?? world.routes.find((route) => route.to === name)?.host
  return {
    type: 'http',
    path: said.path ?? '/',
    ...(status !== undefined && { status }),
    ...(said.json !== undefined && { json: said.json }),
    everySeconds,
    timeoutSeconds,
    ...(host !== undefined && { host }),
  }
}
