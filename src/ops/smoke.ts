import { runChecks } from '../checks/run-checks.ts'
import { LandfallError } from '../lib/error.ts'
import { nearest } from '../lib/nearest.ts'
import type { Check } from '../model/app.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { notUp } from './operate-of.ts'
import { appNameOf } from './read-manifest.ts'
import type { Setting } from './world.ts'

/** The checks of the release that serves, asked of it. */
export async function smoke(setting: Setting, input: OpInput<'smoke'>): Promise<OpAnswers['smoke']> {
  const { scope, release, routes, operate } = await servingOf(setting, input)
  const checks = input.only?.map((name) => checkOf(operate.checks, name)) ?? operate.checks
  if (checks.length === 0) {
    throw new LandfallError({
      code: 'E_NO_CHECKS',
      message: `${release} has no checks`,
      at: 'checks',
      hint: 'add `checks:` with a name and a path, then landfall up',
    })
  }
  const options = { isStaged: false, routes, resources: operate.resources, release }
  return { release, results: await runChecks(setting.checks, scope, checks, options) }
}

/** Puts on record who looked, when, and at which release. */
export async function smokeSign(setting: Setting, input: OpInput<'smoke-sign'>): Promise<OpAnswers['smoke-sign']> {
  const { scope, release, operate } = await servingOf(setting, input)
  const check = checkOf(operate.checks, input.check)
  if (!check.steps.some((s) => s.type === 'manual')) {
    throw new LandfallError({
      code: 'E_NOT_MANUAL',
      message: `${check.name} is asked by Landfall itself and is not signed`,
      hint: 'landfall smoke',
    })
  }
  const at = Date.now()
  setting.store.signatures.sign(scope, { check: check.name, release, by: input.by, at })
  return { check: check.name, release, by: input.by, at: new Date(at).toISOString() }
}

async function servingOf(setting: Setting, input: OpInput<'smoke'>) {
  const scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  const { release, outcome } = setting.store.releases.serving(scope)
  if (!release) throw notUp(scope)
  return { scope, release, routes: outcome.routes, operate: outcome.operate ?? { checks: [], resources: [] } }
}

function checkOf(checks: Check[], name: string): Check {
  const found = checks.find((c) => c.name === name)
  if (found) return found
  const names = checks.map((c) => c.name)
  const close = nearest(name, names)
  throw new LandfallError({
    code: 'E_UNKNOWN_CHECK',
    message: `there is no check ${JSON.stringify(name.slice(0, 80))} on what serves`,
    hint: close ? `did you mean \`${close}\`?` : names.length > 0 ? `there are: ${names.join(', ')}` : 'landfall up',
  })
}
