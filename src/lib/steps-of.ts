import type { Component, ReleaseStep } from '../model/app.ts'
import type { Value } from '../model/value.ts'

type WithSteps = Pick<Component, 'releaseSteps' | 'bootstrap' | 'predeploy' | 'postdeploy'>

/** Every command with an end that a release may run in a component's artifact. */
export function stepsOf({ releaseSteps, bootstrap = [], predeploy = [], postdeploy = [] }: WithSteps): ReleaseStep[] {
  return [...releaseSteps, ...bootstrap, ...predeploy, ...postdeploy]
}

/** The commands of a step: what it runs, what it asks before, and what it asks afterwards. */
export function commandsOf({ run, check, verify }: ReleaseStep): Value[][] {
  const { run: claim, migrations } = verify ?? {}
  const count = migrations?.present.type === 'command' ? migrations.present.run : undefined
  return [run, check, claim, count].filter((command) => command !== undefined)
}

/** Every value that a step needs, those of its logins too. */
export function valuesOfStep(step: ReleaseStep): Value[] {
  const { sql = [], migrations } = step.verify ?? {}
  const sources = [...sql, ...(migrations ? [migrations] : []), ...(step.locks ? [step.locks] : [])]
  return [...commandsOf(step).flat(), ...sources.flatMap((s) => Object.values(s.values))]
}

/** The step with every value through `map`. */
export function mapStep(step: ReleaseStep, map: (v: Value) => Value): ReleaseStep {
  const source = <T extends { values: Record<string, Value> }>(s: T): T => ({
    ...s,
    values: Object.fromEntries(Object.entries(s.values).map(([name, value]) => [name, map(value)])),
  })
  const { check, verify, locks } = step
  const present = verify?.migrations?.present
  return {
    ...step,
    run: step.run.map(map),
    ...(check && { check: check.map(map) }),
    ...(verify && {
      verify: {
        ...verify,
        ...(verify.run && { run: verify.run.map(map) }),
        ...(verify.sql && { sql: verify.sql.map(source) }),
        ...(verify.migrations &&
          present && {
            migrations: {
              ...source(verify.migrations),
              present: present.type === 'command' ? { ...present, run: present.run.map(map) } : present,
            },
          }),
      },
    }),
    ...(locks && { locks: source(locks) }),
  }
}
