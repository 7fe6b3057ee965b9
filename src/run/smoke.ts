import { LandfallError } from '../lib/error.ts'
import { matchJson } from '../lib/match-json.ts'
import type { Check, Route } from '../model/app.ts'
import type { Scope } from '../model/plan.ts'
import type { Edge, EdgeAnswer } from '../model/plug.ts'

export interface SmokeResult {
  name: string
  isPassed: boolean
  request: string
  status?: number
  ms: number
  because?: string
}

const TIMEOUT_MS = 10_000

/** Asks every check through the edge: the table on trial, or the one that serves. None is left out, also after a failure. */
export async function smoke(
  edge: Edge,
  scope: Scope,
  checks: Check[],
  routes: Pick<Route, 'host'>[],
  isStaged: boolean,
): Promise<SmokeResult[]> {
  const results: SmokeResult[] = []
  for (const check of checks) {
    const host = check.host ?? routes[0]?.host ?? 'localhost'
    const request = `${check.method} ${check.path}`
    const hasJson = check.body !== undefined && typeof check.body !== 'string'
    try {
      const answer = await edge.ask(scope, {
        isStaged,
        method: check.method,
        host,
        path: check.path,
        headers: { ...(hasJson && { 'content-type': 'application/json' }), ...check.headers },
        ...(check.body !== undefined && { body: hasJson ? JSON.stringify(check.body) : String(check.body) }),
        timeoutMs: TIMEOUT_MS,
      })
      const because = whyNot(check, answer)
      results.push({
        name: check.name,
        isPassed: because === undefined,
        request,
        status: answer.status,
        ms: answer.ms,
        ...(because && { because }),
      })
    } catch (error) {
      results.push({
        name: check.name,
        isPassed: false,
        request,
        ms: 0,
        because: error instanceof Error ? error.message : String(error),
      })
    }
  }
  return results
}

export function throwOnFailure(results: SmokeResult[], release: string): void {
  const failed = results.filter((r) => !r.isPassed)
  if (failed.length === 0) return
  throw new LandfallError({
    code: 'E_SMOKE',
    message: `${failed.length} of ${results.length} smoke checks failed on ${release}: ${failed.map((r) => r.name).join(', ')}`,
    at: 'checks',
    detail: failed.map((r) => `${r.name}: ${r.request}: ${r.because}`).join('\n'),
    hint: `landfall logs --release ${release}`,
  })
}

function whyNot(check: Check, answer: EdgeAnswer): string | undefined {
  const { expect } = check
  if (answer.status !== expect.status) return `status ${answer.status}, expected ${expect.status}: ${answer.body.slice(0, 300)}`
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    const got = answer.headers[name.toLowerCase()]
    if (got !== value) return `header ${name} is ${got ?? 'absent'}, expected ${value}`
  }
  if (expect.text !== undefined && !answer.body.includes(expect.text))
    return `the body lacks ${JSON.stringify(expect.text)}: ${answer.body.slice(0, 300)}`
  if (expect.json !== undefined) {
    const difference = matchJson(answer.body, expect.json)
    if (difference) return difference
  }
  if (expect.belowMs !== undefined && answer.ms > expect.belowMs) return `took ${answer.ms} ms, expected below ${expect.belowMs}`
  return undefined
}
