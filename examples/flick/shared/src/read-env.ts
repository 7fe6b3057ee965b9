import type * as z from 'zod'

/** Throws with every wrong variable at once; the values themselves stay out of the message. */
export function readWith<T extends z.ZodType>(schema: T, env: Record<string, string | undefined>): z.infer<T> {
  // A variable that is there and empty counts as not set.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const read = schema.safeParse(set)
  if (read.success) return read.data
  const lines = read.error.issues.map((issue) => {
    const name = String(issue.path[0])
    return `${name}: ${set[name] === undefined ? 'is not set' : issue.message}`
  })
  throw new Error([...new Set(lines)].join('\n'))
}
