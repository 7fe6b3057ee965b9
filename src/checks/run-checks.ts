import type { Check, CheckOccasion, CheckStep, Resource } from '../model/app.ts'
import type { Scope } from '../model/plan.ts'
import type { CheckDeps } from './deps.ts'
import { runHttp } from './http.ts'
import { mailboxOf, noteSeen, runMail } from './mail.ts'
import type { CheckResult } from './result.ts'
import { runSql } from './sql.ts'
import { beginWalk, type StepResult, type Walk } from './walk.ts'
import { runWebsocket } from './websocket.ts'

/** Shorter values are numbers and words, and to cut them out of a text would make it unreadable. */
const LEAST_SECRET = 8

export interface CheckOptions {
  /** The table on trial, or the one that serves. */
  isStaged: boolean
  routes: { host: string }[]
  /** On record with the release: what mail and SQL checks look into. */
  resources: Resource[]
  /** What a manual check is signed for. */
  release?: string
  /** Absent: all of them, as when a person asks. */
  occasion?: CheckOccasion
  signal?: AbortSignal
}

/** Asks every check; none is left out, also after a failure. One that cannot be asked here is `not-run`, never passed. */
export async function runChecks(deps: CheckDeps, of: Scope, checks: Check[], options: CheckOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  // A plan is a scope too, and travels with every question.
  const scope = { app: of.app, environment: of.environment }
  const { occasion, routes, release = '', signal = new AbortController().signal } = options
  const hosts = [...new Set(routes.map((r) => r.host))]
  for (const check of checks) {
    if (occasion !== undefined && !check.on.includes(occasion)) continue
    const startedAt = performance.now()
    const took = () => Math.round(performance.now() - startedAt)
    try {
      const walk = await beginWalk(deps, scope, { ...options, release, hosts, signal })
      results.push({ name: check.name, ...(await runCheck(walk, check)), ms: took() })
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      results.push({
        name: check.name,
        state: 'failed',
        isPassed: false,
        request: requestOf(check.steps[0]),
        ms: took(),
        because,
      })
    }
  }
  return results
}

async function runCheck(walk: Walk, check: Check): Promise<Omit<CheckResult, 'name' | 'ms'>> {
  const [manual] = check.steps.filter((s) => s.type === 'manual')
  if (manual) return manualResult(walk, check.name, manual.look)
  for (const step of check.steps) {
    if (step.type !== 'mail') continue
    const mailbox = mailboxOf(walk, step.resource)
    // Before anything is asked: a made-up address must not be written to.
    if ('reason' in mailbox)
      return { state: 'not-run', isPassed: false, request: requestOf(check.steps[0]), because: mailbox.reason }
    await noteSeen(walk, step.resource)
  }
  let last: StepResult = { request: '' }
  for (const [i, step] of check.steps.entries()) {
    try {
      last = await runStep(walk, step)
    } catch (error) {
      last = { request: requestOf(step), because: error instanceof Error ? error.message : String(error) }
    }
    if (last.because === undefined) continue
    const where = check.steps.length > 1 ? `step ${i + 1}: ` : ''
    return { state: 'failed', isPassed: false, ...last, because: `${where}${withoutCaptured(walk, last.because)}` }
  }
  return { state: 'passed', isPassed: true, ...last }
}

/** What a step captured may be a secret, and why a check failed stands in journals and logs. */
function withoutCaptured(walk: Walk, text: string): string {
  let clean = text
  for (const name of walk.captured) {
    const value = walk.values.get(name) ?? ''
    if (value.length >= LEAST_SECRET) clean = clean.replaceAll(value, `\${${name}}`)
  }
  return clean
}

async function runStep(walk: Walk, step: CheckStep): Promise<StepResult> {
  switch (step.type) {
    case 'http':
      return runHttp(walk, step)
    case 'websocket':
      return runWebsocket(walk, step)
    case 'mail':
      return runMail(walk, step)
    case 'sql':
      return runSql(walk, step)
    case 'manual':
      return { request: 'a person' }
  }
}

function manualResult(walk: Walk, name: string, look: string): Omit<CheckResult, 'name' | 'ms'> {
  const { release } = walk
  const signed = walk.deps.signature(walk.scope, name, release)
  if (!signed) return { state: 'unsigned', isPassed: false, request: 'a person', because: look }
  return { state: 'passed', isPassed: true, request: 'a person', signed: { ...signed, release } }
}

function requestOf(step: CheckStep | undefined): string {
  if (step?.type === 'http') return `${step.method} ${step.path}`
  if (step?.type === 'websocket') return `WebSocket ${step.path}`
  if (step?.type === 'sql') return `sql on ${step.resource}`
  return step?.type === 'mail' ? `mail to ${step.to}` : 'a person'
}
