import { createContext, Script } from 'node:vm'
import { codeOf } from '../error.ts'

export interface Match {
  pattern: string
  text: string
}
/** `slow`: it was given up; nobody knows. */
export type Matched = 'yes' | 'no' | 'slow'

/** All patterns of a contract together; one alone takes microseconds unless it tries every way through its text. */
const LIMIT_MS = 200
/** For the one that was under way then: the machine may only have been busy. */
const ALONE_MS = 1_000
/** Whoever wrote so many of them has made the rest wait for long enough. */
const MOST_SLOW = 5

const RUN = new Script(`for (; state.at < state.end; state.at++) {
  const { pattern, text } = state.pairs[state.at]
  let expression = state.known[pattern]
  if (expression === undefined) expression = state.known[pattern] = new RegExp('^(?:' + pattern + ')$', 'u')
  state.found[state.at] = expression.test(text) ? 'yes' : 'no'
}`)

/**
 * Whether each text matches its pattern as a whole. Somebody wrote the patterns, and some take longer than the universe has
 * had: those are ended and told as `slow`. A pattern must be a regular expression.
 */
export function matchPatterns(pairs: Match[]): Matched[] {
  if (pairs.length === 0) return []
  const known = Object.create(null) as Record<string, RegExp>
  const state = { pairs, at: 0, end: pairs.length, found: [] as Matched[], known }
  const context = createContext({ state })
  let slow = 0
  while (state.at < pairs.length) {
    state.end = pairs.length
    // A busy machine may have been called back just as the last one was done.
    if (isInTime(context, LIMIT_MS) || state.at >= pairs.length) continue
    state.end = state.at + 1
    if (isInTime(context, ALONE_MS)) continue
    slow += 1
    const given = slow < MOST_SLOW ? 1 : pairs.length - state.at
    for (let i = 0; i < given; i++) state.found[state.at++] = 'slow'
  }
  return state.found
}

function isInTime(context: ReturnType<typeof createContext>, timeout: number): boolean {
  try {
    RUN.runInContext(context, { timeout })
    return true
  } catch (error) {
    if (codeOf(error) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw error
  }
}
