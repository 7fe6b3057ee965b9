import type { z } from 'zod'
import { show } from '../lib/show.ts'
import type { Path } from './places.ts'
import type { Remarks } from './remarks.ts'
import { suggestKey } from './suggest.ts'

type Issue = z.core.$ZodIssue
/** A place of the manifest that does not fit; `keys` where only these keys of it do not. */
export interface Misfit {
  path: Path
  keys?: string[]
}

/** Findings from what zod found, and the places that must go before the rest can be looked at further. */
export function reportIssues(issues: readonly Issue[], data: unknown, remarks: Remarks): Misfit[] {
  return issues.flatMap((issue) => flatten(issue, [])).map(({ issue, path }) => report(issue, path, data, remarks))
}

/** The same places without findings. */
export function misfits(issues: readonly Issue[]): Misfit[] {
  return issues.flatMap((issue) => flatten(issue, [])).map(({ issue, path }) => misfit(issue, path))
}

/** A union says what is wrong with each of its forms: the form that was meant is the one whose kind of value stands there. */
function flatten(issue: Issue, before: Path): { issue: Issue; path: Path }[] {
  const path = [...before, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((errors) => !errors.some((e) => e.path.length === 0 && e.code === 'invalid_type'))
    if (meant) return meant.flatMap((inner) => flatten(inner, path))
  }
  return [{ issue, path }]
}

function misfit(issue: Issue, path: Path): Misfit {
  return issue.code === 'unrecognized_keys' ? { path, keys: issue.keys } : { path }
}

function report(issue: Issue, path: Path, data: unknown, remarks: Remarks): Misfit {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const hint = remarks.isFull() ? undefined : suggestKey(path, key)
      remarks.key('E_UNKNOWN_KEY', [...path, key], 'this key is not known', hint)
    }
    return misfit(issue, path)
  }
  const text = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? '') : issue.message
  const [, code, message = '', hint] = /^(E_[A-Z_]+) ([^\n]*)(?:\n(.*))?$/s.exec(text) ?? []
  if (code && issue.code === 'invalid_key') remarks.key(code, path, message, hint)
  else if (code) remarks.error(code, path, message, hint)
  else remarks.error(...plain(issue, valueAt(data, path)), path.length === 0 ? undefined : hint)
  return misfit(issue, path)

  function plain(is: Issue, value: unknown): [string, Path, string] {
    if (value === undefined) return ['E_MISSING', path, 'is missing']
    if (is.code === 'too_small') return ['E_RANGE', path, `${show(value)} is too little; at least ${is.minimum}`]
    if (is.code === 'too_big') return ['E_RANGE', path, `${show(value)} is too much; at most ${is.maximum}`]
    const wanted = is.code === 'invalid_type' ? (KINDS[is.expected] ?? is.expected) : 'what is expected here'
    return ['E_TYPE', path, `${show(value)} is not ${wanted}`]
  }
}

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
}

export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    return (value as Record<string | number, unknown>)[part] // An own key of an object, whatever its value.
  }, data)
}
