import { z } from 'zod'
import { LandfallError } from '../lib/error.ts'
import type { Outcome, Scope } from '../model/plan.ts'
import type { StoredEntry } from '../store/stored.ts'

/** What a backup keeps beside the data: the app as it was recorded, and its stored values. It is encrypted like the data. */
export interface AppPart extends Scope {
  release?: string
  outcome: Outcome
  values: { name: string; value: string; isSecret: boolean; source: StoredEntry['source'] }[]
}

const shape = z.looseObject({
  app: z.string(),
  environment: z.string(),
  values: z.array(
    z.strictObject({
      name: z.string(),
      value: z.string(),
      isSecret: z.boolean(),
      source: z.enum(['set', 'generated', 'file', 'command', 'variable']),
    }),
  ),
})

export function readAppPart(json: unknown): AppPart {
  const read = shape.safeParse(json)
  if (read.success) return json as AppPart // What else is in it was recorded by us, and signed.
  const issue = read.error.issues[0]
  throw new LandfallError({
    code: 'E_BACKUP_INVALID',
    message: `the app part is wrong at \`${issue?.path.join('.')}\`: ${issue?.message}`,
  })
}
