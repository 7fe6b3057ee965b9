import { LandfallError } from '../lib/error.ts'
import { smoke as ask } from '../run/smoke.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { firstError, readManifest } from './read-manifest.ts'
import type { Setting } from './world.ts'

/** The manifest's checks, asked on what serves. */
export async function smoke(setting: Setting, input: OpInput<'smoke'>): Promise<OpAnswers['smoke']> {
  const { app, findings } = await readManifest(input)
  if (!app) throw firstError(findings)
  const scope = { app: app.name, environment: app.environment.name }
  const { release, outcome } = setting.store.releases.serving(scope)
  if (!release)
    throw new LandfallError({
      code: 'E_NOT_UP',
      message: `nothing of ${app.name}/${scope.environment} serves`,
      hint: 'landfall up',
    })
  if (app.checks.length === 0) {
    throw new LandfallError({
      code: 'E_NO_CHECKS',
      message: 'the manifest has no checks',
      at: 'checks',
      hint: 'add `checks:` with a name and a path',
    })
  }
  return { release, results: await ask(setting.edge, scope, app.checks, outcome.routes, false) }
}
