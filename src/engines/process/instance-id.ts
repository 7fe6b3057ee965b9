import { digestOf, joinName } from '../../lib/digest.ts'
import type { Scope } from '../../model/plan.ts'
import type { World } from './world.ts'

/** `shop-local-web-r1-0`. Names hold hyphens, so `a-b` of `c` and `a` of `b-c` are told apart by a digest where both are. */
export function instanceId(world: World, scope: Scope, component: string, release: string, last: string): string {
  const parts = [scope.app, scope.environment, component, release, last]
  const id = joinName(parts)
  const other = world.lives.get(id)?.record
  const isSame =
    other && [other.app, other.environment, other.component.name, other.release].join('/') === parts.slice(0, 4).join('/')
  return other === undefined || isSame ? id : joinName([id, digestOf(parts).slice(0, 8)])
}
