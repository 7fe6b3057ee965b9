import type { AnswerExpectation, HttpStep } from '../model/app.ts'
import type { EdgeAnswer } from '../model/plug.ts'
import { capture } from './capture.ts'
import { whyNot } from './expect.ts'
import { fill, fillAll, hostOf, type StepResult, urlOf, type Walk } from './walk.ts'

const TIMEOUT_MS = 10_000

export interface Asked {
  method: string
  host: string
  path: string
  headers: Record<string, string>
  body?: string
}

/** A request through the edge, and what must come back. */
export async function runHttp(walk: Walk, step: HttpStep): Promise<StepResult> {
  const path = fill(walk, step.path)
  // As it is written: what was captured may be a secret, and a result goes into logs.
  const request = `${step.method} ${step.path}`
  const hasJson = step.body !== undefined && typeof step.body !== 'string'
  const headers = Object.fromEntries(Object.entries(step.headers).map(([name, value]) => [name, fill(walk, value)]))
  const body = fillAll(walk, step.body)
  const answer = await askOver(walk, step.redirects, {
    method: step.method,
    host: step.host ?? walk.hosts[0] ?? 'localhost',
    path,
    headers: { ...(hasJson && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: hasJson ? JSON.stringify(body) : String(body) }),
  })
  return judge(walk, request, step, answer)
}

export function judge(
  walk: Walk,
  request: string,
  step: { expect: AnswerExpectation; capture: HttpStep['capture'] },
  answer: EdgeAnswer,
): StepResult {
  const because = whyNot(walk, step.expect, answer) ?? capture(walk, step.capture, answer)
  return { request, status: answer.status, ...(because && { because }) }
}

/** Asks, with the cookies of the visit, and follows at most `redirects` times, as long as they stay with the app. */
export async function askOver(walk: Walk, redirects: number, first: Asked): Promise<EdgeAnswer> {
  const startedAt = performance.now()
  let asked = first
  for (let left = redirects; ; left -= 1) {
    const answer = await askOnce(walk, asked)
    const next = left > 0 ? nextOf(walk, asked, answer) : undefined
    if (!next) return { ...answer, ms: Math.round(performance.now() - startedAt) }
    asked = next
  }
}

async function askOnce(walk: Walk, { host, headers, ...asked }: Asked): Promise<EdgeAnswer> {
  const cookie = walk.cookies.header(host)
  const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === 'cookie')
  const answer = await walk.deps.edge.ask(walk.scope, {
    isStaged: walk.isStaged,
    host,
    ...asked,
    headers: { ...(cookie && !isGiven && { cookie }), ...headers },
    timeoutMs: TIMEOUT_MS,
  })
  walk.cookies.take(host, answer.headers['set-cookie'])
  return answer
}

/** Undefined where it is no redirect, or one that leaves the app. */
function nextOf(walk: Walk, asked: Asked, answer: EdgeAnswer): Asked | undefined {
  const { location } = answer.headers
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return undefined
  const base = new URL(asked.path, urlOf(walk, asked.host))
  if (!URL.canParse(location, base.href)) return undefined
  const url = new URL(location, base)
  const host = hostOf(walk, url)
  if (host === undefined) return undefined
  const path = `${url.pathname}${url.search}`
  const isSame = answer.status === 307 || answer.status === 308 || asked.method === 'GET' || asked.method === 'HEAD'
  if (isSame) return { ...asked, host, path }
  const headers = Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !/^content-/i.test(name)))
  return { method: 'GET', host, path, headers }
}
