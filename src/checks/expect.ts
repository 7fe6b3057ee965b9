import { matchJson } from '../lib/match-json.ts'
import type { AnswerExpectation, TextExpectation } from '../model/app.ts'
import type { EdgeAnswer } from '../model/plug.ts'
import { fill, fillAll, hostOf, type Walk } from './walk.ts'

const SHOWN = 300

/** Why an answer is not what was expected; undefined when it is. */
export function whyNot(walk: Walk, expect: AnswerExpectation, answer: EdgeAnswer): string | undefined {
  const { location } = answer.headers
  if (!isStatus(expect.status, answer.status)) {
    const to = location === undefined ? '' : ` to ${location}`
    return `status ${answer.status}${to}, expected ${STATUS[expect.status] ?? expect.status}: ${answer.body.slice(0, SHOWN)}`
  }
  if (expect.location !== undefined) {
    const wanted = fill(walk, expect.location)
    if (!isPlace(location, wanted, walk)) return `location is ${location ?? 'absent'}, expected ${wanted}`
  }
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    const got = answer.headers[name.toLowerCase()]
    if (got !== value) return `header ${name} is ${got ?? 'absent'}, expected ${value}`
  }
  const wrong = whyNotText(walk, expect, answer.body, 'the body')
  if (wrong) return wrong
  if (expect.belowMs !== undefined && answer.ms > expect.belowMs) return `took ${answer.ms} ms, expected below ${expect.belowMs}`
  return undefined
}

export function whyNotText(walk: Walk, expect: TextExpectation, body: string, what: string): string | undefined {
  const text = expect.text === undefined ? undefined : fill(walk, expect.text)
  if (text !== undefined && !body.includes(text)) return `${what} lacks ${JSON.stringify(text)}: ${body.slice(0, SHOWN)}`
  if (expect.matches !== undefined && !new RegExp(expect.matches, 'u').test(body)) {
    return `${what} has nothing that matches ${expect.matches}: ${body.slice(0, SHOWN)}`
  }
  return expect.json === undefined ? undefined : matchJson(body, fillAll(walk, expect.json))
}

const STATUS: Record<string, string> = { ok: 'one below 400', redirect: 'a redirect' }

function isStatus(wanted: AnswerExpectation['status'], got: number): boolean {
  if (wanted === 'ok') return got < 400
  if (wanted === 'redirect') return got >= 300 && got < 400 && got !== 304
  return got === wanted
}

/** A path that is wanted is a place on any host of the app: servers write the whole address, or only its path. */
function isPlace(got: string | undefined, wanted: string, walk: Walk): boolean {
  if (got === undefined) return false
  if (got === wanted) return true
  if (!wanted.startsWith('/') || !URL.canParse(got)) return false
  const url = new URL(got)
  return hostOf(walk, url) !== undefined && `${url.pathname}${url.search}${url.hash}` === wanted
}
