import type { Component, ReleaseStep } from '../model/app.ts'
import type { Path } from './places.ts'
import type { FindVariable } from './references.ts'
import { resolveCommand, warnOfWords } from './resolve-command.ts'
import { resolveVerify } from './resolve-verify.ts'
import type { ManifestComponent } from './schema.ts'
import { toSeconds } from './units.ts'
import type { World } from './world.ts'

type Written = NonNullable<ManifestComponent['release']>

export type Lifecycle = Pick<Component, 'releaseSteps' | 'bootstrap' | 'predeploy' | 'postdeploy'>

/** What a component wants run around its releases. */
export function resolveLifecycle(world: World, name: string, written: ManifestComponent, find: FindVariable): Lifecycle {
  const stepsOf = (key: StepsKey) => resolveSteps(world, name, key, written[key], find)
  const [bootstrap, predeploy, postdeploy] = [stepsOf('bootstrap'), stepsOf('predeploy'), stepsOf('postdeploy')]
  return {
    releaseSteps: stepsOf('release'),
    ...(bootstrap.length > 0 && { bootstrap }),
    ...(predeploy.length > 0 && { predeploy }),
    ...(postdeploy.length > 0 && { postdeploy }),
  }
}

/** Where steps stand in the manifest; those without a name are called after it. */
type StepsKey = 'release' | 'bootstrap' | 'predeploy' | 'postdeploy'

/** In the order of the list. */
function resolveSteps(
  world: World,
  component: string,
  key: StepsKey,
  written: Written | undefined,
  find: FindVariable,
): ReleaseStep[] {
  if (written === undefined) return []
  const at: Path = ['components', component, key]
  if (typeof written === 'string') {
    const run = resolveCommand(world, at, written, 'once', find)
    return run ? [{ name: `${key}-1`, run, isRepeatable: false }] : []
  }
  warnOfWords(world, at, written)
  const steps: ReleaseStep[] = []
  const names = new Map<string, number>()
  written.forEach((one, i) => {
    const step = resolveStep(world, [...at, i], one, `${key}-${i + 1}`, find)
    if (!step) return
    const first = names.get(step.name)
    if (first !== undefined) {
      const other = world.places.at([...at, first])
      world.remarks.error(
        'E_DUPLICATE',
        [...at, i],
        `another step is called ${step.name} too, at ${other}`,
        'give it another `name`',
      )
    }
    names.set(step.name, i)
    steps.push(step)
  })
  return steps
}

function resolveStep(
  world: World,
  at: Path,
  written: Exclude<Written, string>[number],
  usualName: string,
  find: FindVariable,
): ReleaseStep | undefined {
  if (typeof written === 'string' || Array.isArray(written)) {
    const run = resolveCommand(world, at, written, 'once', find)
    return run && { name: usualName, run, isRepeatable: false }
  }
  const { run, check } = written
  const wanted = written.else ?? run
  if (wanted === undefined) {
    if (!world.isCut(at)) world.remarks.error('E_MISSING', at, 'has nothing to run', 'write { run: … }, or { check: …, else: … }')
    return undefined
  }
  if (written.else !== undefined && (run !== undefined || check === undefined)) {
    const hint = '`else` is what runs when `check` did not exit 0; without a check it is `run`'
    world.remarks.error('E_CONFLICT', at, run === undefined ? 'has `else` without `check`' : 'has both `run` and `else`', hint)
  }
  const command = resolveCommand(world, [...at, written.else === undefined ? 'run' : 'else'], wanted, 'once', find)
  const before = check === undefined ? undefined : resolveCommand(world, [...at, 'check'], check, 'once', find)
  if (!command) return undefined
  return {
    name: written.name ?? usualName,
    run: command,
    ...(before && { check: before }),
    ...(written.verify && { verify: resolveVerify(world, [...at, 'verify'], written.verify, find) }),
    isRepeatable: written.repeatable ?? false,
    ...(written.migrates !== undefined && { migrates: written.migrates }),
    ...(written.endsSessions && { endsSessions: true }),
    ...(written.timeout !== undefined && { timeoutSeconds: toSeconds(written.timeout) }),
    ...(written.lockTimeout !== undefined && { lockTimeoutSeconds: toSeconds(written.lockTimeout) }),
  }
}
