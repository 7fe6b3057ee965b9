import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { countOf } from '../flag-values.ts'
import { renderRuns } from '../render/runs.ts'
import { openSession } from '../session.ts'

export const run: Run = async (context, _, { limit }) => {
  const { isFolderGiven, isEnvironmentGiven, folder, environment } = context
  const count = limit === undefined ? {} : { limit: countOf(limit, '--limit', 1000) }
  const session = await openSession(context)
  const found = await session.call('runs', {
    ...(isFolderGiven && { folder }),
    ...(isEnvironmentGiven && { environment }),
    ...count,
  })
  answer(context, found, () => renderRuns(found, context.out.look))
  return 0
}
