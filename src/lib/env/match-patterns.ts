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

const RUN = new Script(`for (; state.at < state.pairs.length; state.at++) {
  const { pattern, text } = state.pairs[state.at]
  let expression = state.known[pattern]
  if (expression === undefined) expression = state.known[pattern] = new RegExp('^(?:' + pattern + ')$', 'u')
  state.found.push(expression.test(text) ? 'yes' : 'no')
}`)

/**
 * Whether each text matches its pattern as a whole. Somebody wrote the patterns, and some take longer than the universe has
 * had: those are ended and told as `slow`. A pattern must be a regular expression.
 */
export function matchPatterns(pairs: Match[]): Matched[] {
  if (pairs.length === 0) return []
  const state = { pairs, at: 0, found: [] as Matched[], known: Object.create(null) as Record<string, RegExp> }
  const context = createContext({ state })
  while (state.at < pairs.length) {
    try {
      RUN.runInContext(context, { timeout: LIMIT_MS })
    } catch (error) {
      if (codeOf(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      state.found.push('slow')
      state.at += 1
    }
  }
  return state.found
}
