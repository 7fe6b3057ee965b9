import { smokeScript } from '../../translate/smoke-script.ts'
import type { Draft } from './draft.ts'

/** `smoke.sh`: the checks that curl can ask, through the gateway. */
export function writeSmoke(draft: Draft): void {
  const form = { type: 'gateway', base: 'http://127.0.0.1:8080' } as const
  const checks = draft.context.manifest.get('checks')
  const { text, steps } = smokeScript(checks, { by: 'compose', file: 'smoke.sh', routes: draft.app.routes, form })
  draft.steps.push(...steps)
  if (text === undefined) return
  draft.files['smoke.sh'] = { isExecutable: true, text }
  draft.steps.push({ title: 'Ask the checks', commands: [`./smoke.sh ${form.base}`] })
}
