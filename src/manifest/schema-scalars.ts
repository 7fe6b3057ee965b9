import { z } from 'zod'
import { show } from '../lib/show.ts'
import { ENV_KEY, isInnerPath, isRequestPath, isRoutePath, NAME, notAHost, oddCodePoint } from './names.ts'
import { DURATION, SIZE, toMiB, toSeconds } from './units.ts'

// A message of the schema is `E_CODE what is wrong\nhint`; issues.ts makes findings of it.

type Text = string | ((input: unknown) => string)
/** The code and the sentence of a rule, for every way in which zod can find it broken. */
export function rule(code: string, text: Text, hint?: string): { error: (issue: { input?: unknown }) => string } {
  return {
    error: ({ input }) => {
      if (input === undefined) return 'E_MISSING is missing'
      return `${code} ${typeof text === 'string' ? `${show(input)} ${text}` : text(input)}${hint ? `\n${hint}` : ''}`
    },
  }
}

const nameRule = rule('E_NAME', (input) => {
  const odd = typeof input === 'string' ? oddCodePoint(input) : undefined
  return `${show(input)} is not a name${odd ? `: it has the character ${odd}` : ''}; 2 to 40 of a-z, 0-9 and -, beginning with a letter`
})
export const name = z.string(nameRule).regex(NAME, nameRule)

/** A name that points to something: what it points to is looked up later, with a better message. */
export const reference = z.string(rule('E_TYPE', 'is not a name'))

const envKeyRule = rule('E_ENV_KEY', 'is not a name of a variable; letters, digits and _, not beginning with a digit')
export const envKey = z.string().regex(ENV_KEY, envKeyRule)

/** Texts of people: shown, never carried out. */
export const prose = z.string(rule('E_TYPE', 'is not a text')).max(500, rule('E_RANGE', 'is longer than 500 characters'))
export const flag = z.boolean(rule('E_TYPE', 'is neither true nor false'))

/** Text of a value or an argument; numbers and booleans are taken as they are written. */
export const scalar = z.union([z.string(), z.number(), z.boolean()], rule('E_TYPE', 'is not a text, a number, true or false'))

const portRule = rule('E_PORT', 'is not a port: a whole number from 1 to 65535')
export const port = z
  .number(portRule)
  .int(portRule)
  .min(1, portRule)
  .max(65535, portRule)
  .refine((p) => p !== 22 && p !== 7070, rule('E_PORT', 'is taken: 22 by SSH, 7070 by the dashboard'))

export function whole(from: number, to: number) {
  const is = rule('E_RANGE', `is not a whole number from ${from} to ${to}`)
  return z
    .number(rule('E_TYPE', `is not a number; ${from} to ${to}`))
    .int(is)
    .min(from, is)
    .max(to, is)
}

export function duration(from = '0s', to = '30d') {
  const is = rule('E_DURATION', `is not a duration from ${from} to ${to}`, 'a number and a unit: 500ms, 30s, 5m, 2h, 1d')
  const isInside = (text: string) =>
    !DURATION.test(text) || (toSeconds(text) >= toSeconds(from) && toSeconds(text) <= toSeconds(to))
  return z.string(is).regex(DURATION, is).refine(isInside, is)
}
const sizeRule = rule('E_LIMIT', 'is not a size from 16Mi to 1024Gi', 'a number and a unit: 512Mi, 1Gi')
export const size = z
  .string(sizeRule)
  .regex(SIZE, sizeRule)
  .refine((text) => !SIZE.test(text) || (toMiB(text) >= 16 && toMiB(text) <= 1024 * 1024), sizeRule)

const cpuRule = rule('E_LIMIT', 'is not a number of processors from 0.05 to 64')
export const cpus = z.number(cpuRule).min(0.05, cpuRule).max(64, cpuRule)

const hostRule = rule(
  'E_DOMAIN',
  (input) => `${show(input)} ${typeof input === 'string' ? notAHost(input) : 'is not a host name'}`,
)
export const host = z.string(hostRule).refine((text) => notAHost(text) === undefined, hostRule)

const routePathRule = rule('E_PATH', 'is not a path prefix: it begins with / and has no //, %, . or .. parts')
export const routePath = z.string(routePathRule).refine(isRoutePath, routePathRule)

export function requestPath(code: string) {
  const is = rule(code, 'is not a path of a request: it begins with one / and has no host, blanks or .. parts')
  return z.string(is).refine(isRequestPath, is)
}

const innerPathRule = rule('E_PATH', 'is not a path inside the folder: relative, without ..')
export const innerPath = z.string(innerPathRule).refine(isInnerPath, innerPathRule)

/** An argument array, or a text that is split at blanks and quotes. */
export const command = z.union(
  [z.string().min(1).max(8000), z.array(scalar, rule('E_TYPE', 'is not a list')).min(1).max(200)],
  rule('E_TYPE', 'is not a command: a text, or a list of arguments'),
)
/** One command as a text, or a list of which each entry is a command. */
export const commands = z.union(
  [z.string().min(1).max(8000), z.array(command).min(1).max(50)],
  rule('E_TYPE', 'is not a list of commands'),
)
