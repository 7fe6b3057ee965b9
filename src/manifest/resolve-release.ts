import type { ReleaseStep } from '../model/app.ts'
import type { Path } from './places.ts'
import type { FindVariable } from './references.ts'
import { resolveCommand, warnOfWords } from './resolve-command.ts'
import type { ManifestComponent } from './schema.ts'
import type { World } from './world.ts'

type Written = NonNullable<ManifestComponent['release']>

/** The steps of a release, in the order of the list. */
export function resolveRelease(world: World, component: string, written: Written | undefined, find: FindVariable): ReleaseStep[] {
  if (written === undefined) return []
  const at: Path = ['components', component, 'release']
  if (typeof written === 'string') {
    const run = resolveCommand(world, at, written, 'once', find)
    return run ? [{ name: 'release-1', run, isRepeatable: false }] : []
  }
  warnOfWords(world, at, written)
  const steps: ReleaseStep[] = []
  const names = new Map<string, number>()
  written.forEach((one, i) => {
    const step = resolveStep(world, [...at, i], one, `release-${i + 1}`, find)
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
    ...(written.verify && { verify: { files: [...written.verify.files] } }),
    isRepeatable: written.repeatable ?? false,
  }
}
