import { resourceTypes } from '../resources/all.gen.ts'
import { bindSource } from './bind-source.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { insecureFindings } from './env-insecure.ts'
import { trackedSecrets } from './env-tracked.ts'
import { expandIn } from './expand.ts'
import { located, readManifest } from './read-manifest.ts'

/** Everything that can be said of a manifest and its sources without running anything. Needs no daemon. */
export async function check(input: OpInput<'check'>): Promise<OpAnswers['check']> {
  const { app, findings, locate } = await readManifest(input)
  if (!app) return { environment: input.environment, findings }
  const all = [...findings, ...located(expandIn(input.folder, app, resourceTypes).findings, locate)]
  // What the routes will be is not known here; a plan looks at those too.
  all.push(...located(await insecureFindings(app, new Map(), async () => ''), locate))
  all.push(...(await trackedSecrets(input.folder, app)))
  for (const component of app.components) all.push(...located((await bindSource(component, input.folder)).findings, locate))
  return {
    app: app.name,
    ...(app.version !== undefined && { version: app.version }),
    environment: app.environment.name,
    findings: all,
  }
}
