import type { Finding } from '../model/finding.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { storedValues, type Values, valueFindings } from './contract-check.ts'
import { contractOf } from './env.ts'
import { insecureFindings } from './env-insecure.ts'
import { wantsOf } from './env-sources.ts'
import { trackedSecrets } from './env-tracked.ts'
import { located, type Where } from './read-manifest.ts'
import { routeText } from './value.ts'
import type { Setting } from './world.ts'

/** The contract against what is stored and what sources gave, without a release. */
export async function envCheck(setting: Setting, input: OpInput<'env-check'>): Promise<OpAnswers['env-check']> {
  const { app, scope, findings, locate } = await contractOf(input)
  const { stored, keys } = setting.store
  keys.refuseWithout()
  const given: Values = new Map(input.given?.map((g) => [g.name, { value: g.value }]))
  const values: Values = new Map([...storedValues(scope, stored), ...given])
  const wants = input.given === undefined ? wantsOf(app, scope, stored) : []
  const own = [
    ...valueFindings(app, scope, values),
    ...(await insecureFindings(app, values, (v) => routeText(v, scope, app.routes, setting.edge))),
  ]
  const tracked = await trackedSecrets(input.folder, app)
  return { findings: [...findings, ...located(own, locate), ...tracked], ...(wants.length > 0 && { wants }) }
}

/** The contract against the values of a file alone: what would be missing where nothing else is set. Needs no daemon. */
export async function checkFile(where: Where, values: { name: string; value: string; at: string }[]): Promise<Finding[]> {
  const { app, scope, findings, locate } = await contractOf(where)
  const set: Values = new Map(values.map((v) => [v.name, { value: v.value, at: v.at }]))
  const known = new Set(app.contract.map((e) => e.name))
  const strange = values
    .filter((v) => !known.has(v.name))
    .map((v): Finding => {
      return { level: 'warning', code: 'W_ENV_UNKNOWN', at: v.at, message: `the manifest does not know ${v.name}` }
    })
  const own = [...valueFindings(app, scope, set), ...(await insecureFindings(app, set, async () => ''))]
  return [...findings, ...located(own, locate), ...strange, ...(await trackedSecrets(where.folder, app))]
}
