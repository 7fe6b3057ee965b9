import { LandfallError } from '../lib/error.ts'
import type { Signature } from './deps.ts'

export interface CheckResult {
  name: string
  /** `not-run`: it could not be asked here, and so did not pass. `unsigned`: a person has yet to look. */
  state: 'passed' | 'failed' | 'not-run' | 'unsigned'
  isPassed: boolean
  /** What was asked last: `GET /health`, `mail to …`. */
  request: string
  status?: number
  /** Of all its steps together. */
  ms: number
  because?: string
  signed?: Signature & { release: string }
}

/** What ends a release, a cutover or a restore. `wantsSigned`: checks that a person looks at count too. */
export function throwOnFailure(results: CheckResult[], release: string, { wantsSigned = false } = {}): void {
  const failed = results.filter((r) => r.state === 'failed')
  if (failed.length > 0) {
    throw new LandfallError({
      code: 'E_SMOKE',
      message: `${failed.length} of ${results.length} smoke checks failed on ${release}: ${failed.map((r) => r.name).join(', ')}`,
      at: 'checks',
      detail: failed.map((r) => `${r.name}: ${r.request}: ${r.because}`).join('\n'),
      hint: `landfall logs --release ${release}`,
    })
  }
  const [unsigned] = results.filter((r) => r.state === 'unsigned')
  if (!unsigned || !wantsSigned) return
  throw new LandfallError({
    code: 'E_UNSIGNED',
    message: `a person has to look at ${release} first: ${unsigned.name}: ${unsigned.because}`,
    at: 'checks',
    hint: `landfall smoke --sign '${unsigned.name}'`,
  })
}

/** `passed: healthy (12 ms)`: a line for logs and events. */
export function describeResult(r: CheckResult): string {
  const words = { passed: 'passed', failed: 'failed', 'not-run': 'not run', unsigned: 'not signed' }
  return `${words[r.state]}: ${r.name}${r.because ? `: ${r.because}` : ` (${Math.round(r.ms)} ms)`}`
}
