import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { writeAtomic } from '../../lib/atomic.ts'
import { LandfallError } from '../../lib/error.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { whereOf } from '../where.ts'

/** Writes what others copy: names, rules and what is no secret. A file that somebody changed is only replaced when told so. */
export const run: Run = async (context, _args, { out = '.env.example' }) => {
  const where = await whereOf(context)
  const { readContract } = await import('../../ops/env-contract.ts')
  const { sampleText } = await import('../../lib/env/sample.ts')
  const contract = await readContract(where)
  const text = sampleText({ name: contract.app }, contract)
  if (out === '-') {
    context.out.write(text)
    return 0
  }
  const path = resolve(context.folder, out)
  const isThere = existsSync(path)
  const isSame = isThere && readFileSync(path, 'utf8') === text
  if (isThere && !isSame && context.yes === undefined) {
    throw new LandfallError({
      code: 'E_EXISTS',
      message: `${path} is there, and says something else`,
      hint: 'add --yes to replace it, or --out - to look at the new one',
    })
  }
  if (!isSame) writeAtomic(path, text, 0o644)
  const { paint, signs } = context.out.look
  const document = { path, isChanged: !isSame, variables: contract.variables.map((v) => v.name) }
  answer(context, document, () => `${paint.green(signs.ok)} ${path} ${isSame ? 'is as it should be' : 'is written'}`)
  return 0
}
