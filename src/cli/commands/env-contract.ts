import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { markdownContract, renderContract } from '../render/contract.ts'
import { whereOf } from '../where.ts'

/** Runs in this very process: the manifest says it all. */
export const run: Run = async (context, _args, { markdown }) => {
  const where = await whereOf(context)
  const { readContract } = await import('../../ops/env-contract.ts')
  const { contractLines } = await import('../../lib/env/sample.ts')
  const contract = await readContract(where)
  const lines = contractLines(contract)
  answer(context, contract, () =>
    markdown ? markdownContract(lines, contract.groups) : renderContract(lines, contract.groups, context.out.look),
  )
  return 0
}
