import type { Contract } from '../lib/env/sample.ts'
import { firstError, readManifest, type Where } from './read-manifest.ts'

/** The contract as data: what an app wants of whoever runs it. Holds no value that is secret. */
export interface ContractAnswer extends Contract {
  app: string
  environment: string
}

/** Read from the manifest alone; needs no daemon. */
export async function readContract(where: Where): Promise<ContractAnswer> {
  const { app, findings } = await readManifest(where)
  if (!app) throw firstError(findings)
  const variables = [...app.contract].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { app: app.name, environment: app.environment.name, variables, groups: app.groups ?? [] }
}
