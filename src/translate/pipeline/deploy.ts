import type { App } from '../../model/app.ts'
import type { ManualStep, WriteContext } from '../../model/target.ts'
import { quote } from '../image/shell.ts'

/** Command lines that release an app with Landfall itself, from a checkout on the machine that runs it. */
export interface DeployLines {
  check: string
  up: string
  smoke: string
  ps: string
}

/** `key`: an expression of the pipeline that is the same when a job is tried again. */
export function deployLines(app: App, folder: string, key: string): DeployLines {
  const { name, isProtected } = app.environment
  const at = `${folder === '.' ? '' : ` -C ${quote(folder)}`}${name === 'local' ? '' : ` --env ${name}`}`
  return {
    check: `landfall check${at}`,
    up: `landfall up${at} ${isProtected ? `--yes=${app.name}` : '--yes'} --key ${key} --json`,
    smoke: `landfall smoke${at}`,
    ps: `landfall ps${at} --json`,
  }
}

/** Everything of the manifest goes along, since the pipeline carries it out as it stands. */
export function keepAll(context: WriteContext): void {
  for (const entry of context.manifest.entries()) entry.kept('landfall.yaml, which the pipeline releases')
}

/** What a person sets once, on the machine: a pipeline never holds these values. */
export function valuesByHand(app: App, at: string): ManualStep[] {
  const missing = app.contract.filter((e) => e.isRequired && !e.default && !e.generate && !e.source)
  if (missing.length === 0) return []
  const environment = app.environment.name === 'local' ? '' : ` --env ${app.environment.name}`
  return [
    {
      title: `Set what nobody else can give, once, ${at}`,
      commands: missing.map((e) => `landfall env set ${e.name}${environment}`),
    },
  ]
}
