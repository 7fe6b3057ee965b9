import { show } from '../lib/show.ts'
import type { Check, CheckOccasion, CheckStep } from '../model/app.ts'
import type { Path } from './places.ts'
import { resolveSteps } from './resolve-check-step.ts'
import { hostHere } from './resolve-routes.ts'
import type { WrittenCheck } from './schema-check.ts'
import type { World } from './world.ts'

/** Names that every check may use. */
const MADE_UP = ['host', 'origin', 'EMAIL', 'random']
const SAFE_METHODS = ['GET', 'HEAD']

export function resolveChecks(world: World): Check[] {
  const checks: Check[] = []
  const seen = new Map<string, number>()
  world.manifest.checks?.forEach((written, i) => {
    const at: Path = ['checks', i]
    const first = seen.get(written.name)
    if (first !== undefined) {
      const place = world.places.at(['checks', first])
      world.remarks.error(
        'E_DUPLICATE',
        [...at, 'name'],
        `a check is called ${show(written.name)} already, at ${place}`,
        'give it another name',
      )
    }
    seen.set(written.name, i)
    const check = resolveCheck(world, at, written)
    if (check) checks.push(check)
  })
  const isAsked = checks.some((c) => c.steps.some((s) => s.type === 'http' || s.type === 'websocket'))
  if (isAsked && world.routes.length === 0) {
    world.remarks.error('E_UNKNOWN_REF', ['checks'], 'there is no route, so nothing can be asked', 'add a route')
  }
  return checks
}

function resolveCheck(world: World, at: Path, written: WrittenCheck): Check | undefined {
  const { name, on, steps: list, ...single } = written
  const known = new Set(MADE_UP)
  if (list !== undefined) {
    for (const key of Object.keys(single)) {
      world.remarks.key('E_CONFLICT', [...at, key], 'stands beside `steps`', 'make it a step of the list')
    }
  }
  const steps: CheckStep[] = []
  const all = list?.map((step, i) => ({ step, place: [...at, 'steps', i] })) ?? [{ step: single, place: at }]
  for (const { step, place } of all) steps.push(...resolveSteps(world, place, step, known))
  if (steps.length === 0) return undefined
  const check = { name, on: on ? [...on] : usualOccasions(steps), steps }
  checkManual(world, at, check)
  return check
}

/** What changes nothing may be asked all the time; what a person looks at nobody can ask. */
function usualOccasions(steps: CheckStep[]): CheckOccasion[] {
  if (steps.some((s) => s.type === 'manual')) return []
  const isSafe = steps.every((s) => s.type === 'sql' || (s.type === 'http' && SAFE_METHODS.includes(s.method)))
  return isSafe ? ['release', 'schedule', 'restore'] : ['release', 'restore']
}

function checkManual(world: World, at: Path, { on, steps }: Check): void {
  if (!steps.some((s) => s.type === 'manual')) return
  if (steps.length > 1) {
    world.remarks.error(
      'E_CONFLICT',
      at,
      'a person looks at one thing: it is the only step of its check',
      'make it a check of its own',
    )
  }
  const early = on.find((occasion) => occasion !== 'restore')
  if (early === undefined) return
  const message = early === 'release' ? 'nobody can look at a release before it has traffic' : 'nobody looks all the time'
  world.remarks.error(
    'E_CONFLICT',
    [...at, 'on'],
    message,
    'leave it out: a promotion asks for it, and `landfall smoke` shows it',
  )
}

/** A host of this environment for one that is written; a finding where no route has it. */
export function checkHost(world: World, at: Path, written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  const here = hostHere(world, written)
  if (!world.routes.some((route) => route.host === here)) {
    const hosts = [...new Set(world.manifest.routes?.map((route) => route.host))]
    world.remarks.error(
      'E_UNKNOWN_REF',
      [...at, 'host'],
      `no route has the host ${show(written)}`,
      `routes name: ${hosts.join(', ') || 'no host'}`,
    )
  }
  return here
}
