import type { Component, Limits, Mount } from '../model/app.ts'
import type { Path } from './places.ts'
import type { ManifestComponent } from './schema.ts'
import { toMiB } from './units.ts'
import type { World } from './world.ts'

interface Scale {
  instances: number
  memory?: string
  cpu?: number
  max?: Component['max']
  isSticky: boolean
  rollout: Component['rollout']
}

/** Number and size of instances here, and whether two releases may run at once. */
export function resolveScale(world: World, name: string, component: ManifestComponent, mounts: Mount[]): Scale {
  const special = world.special.scale?.[name]
  const said = { ...component.scale, ...special }
  const at: Path = special ? ['environments', world.environment, 'scale', name] : ['components', name, 'scale']
  const instances = said.instances ?? 1
  const single = mounts.find((m) => m.writers === 'one')
  const isCron = component.type === 'cron'
  if ((component.type === 'job' || isCron) && said.instances !== undefined && instances !== 1) {
    const message = isCron ? 'a cron component runs once at a time' : 'a job runs once per release'
    world.remarks.error('E_RANGE', [...at, 'instances'], message, 'leave it out')
  }
  if (said.max !== undefined && said.because === undefined && !world.isCut(at)) {
    world.remarks.error(
      'E_MISSING',
      [...at, 'max'],
      'stands without `because`',
      'say why there must not be more: because: uploads lie on one disk',
    )
  }
  if (said.max !== undefined && instances > said.max) {
    world.remarks.error('E_RANGE', [...at, 'instances'], `${instances} is more than max, ${said.max}: ${said.because ?? ''}`)
  }
  if (single && instances > 1) {
    const hint = `resources.${single.volume}: { type: volume, writers: many } when several may write at once`
    world.remarks.error(
      'E_RANGE',
      [...at, 'instances'],
      `${instances} instances would write the volume ${single.volume}, which has one writer`,
      hint,
    )
  }
  if (single && component.rollout === 'overlap') {
    const hint = 'leave it out: the old instance stops first, and requests wait for the new one'
    world.remarks.error(
      'E_CONFLICT',
      ['components', name, 'rollout'],
      `the volume ${single.volume} has one writer, so releases cannot overlap`,
      hint,
    )
  }
  return {
    instances,
    ...(said.memory !== undefined && { memory: said.memory }),
    ...(said.cpu !== undefined && { cpu: said.cpu }),
    isSticky: said.sticky ?? false,
    ...maximum(said.max, said.because, single),
    rollout: single || component.rollout === 'replace' ? 'replace' : 'overlap',
  }
}

function maximum(max: number | undefined, because: string | undefined, single: Mount | undefined): { max?: Component['max'] } {
  if (max !== undefined) return { max: { instances: max, because: because ?? '' } }
  if (single) return { max: { instances: 1, because: `the volume ${single.volume} has one writer` } }
  return {}
}

export function resolveLimits({ memory, cpu }: Scale): Limits {
  return { ...(memory !== undefined && { memoryMiB: toMiB(memory) }), ...(cpu !== undefined && { cpus: cpu }) }
}
