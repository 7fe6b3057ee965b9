import { LandfallError } from '../../lib/error.ts'
import type { Finding } from '../../model/finding.ts'
import { carryOut, type Wish } from '../carry-out.ts'
import type { Flags, Run } from '../command.ts'
import type { Context } from '../context.ts'
import { openSession } from '../session.ts'
import { placeOf, type Where } from '../where.ts'

type Data = 'keep' | 'restore'

export const run: Run = async (context, [release], flags) => {
  const where = await placeOf(context)
  const to = release !== undefined && { to: release }
  const data = dataOf(flags) ?? (await chosen(context, where, { type: 'rollback', ...to }))
  const wish = { type: 'rollback' as const, ...to, ...(data && { data }) }
  return carryOut(context, { key: flags.key, where, wish, what: 'this rollback', nothing: 'nothing to do' })
}

function dataOf({ code, codeAndData }: Flags): Data | undefined {
  if (code && codeAndData) {
    throw new LandfallError({ code: 'E_USAGE', message: '--code and --code-and-data are two ways', hint: 'choose one of them' })
  }
  if (code) return 'keep'
  return codeAndData ? 'restore' : undefined
}

/** Where the schema changed and nobody said what that means, a person is asked; without one the plan says both ways, and nothing is done. */
async function chosen(context: Context, where: Where, wish: Wish): Promise<Data | undefined> {
  if (!context.canAsk || context.yes !== undefined) return undefined
  const session = await openSession(context)
  const { findings } = await session.call('plan', { ...where, wish })
  const open = findings.find((f) => f.code === 'E_SCHEMA_UNSAID' || f.code === 'E_SCHEMA_BREAKING')
  return open && ask(open)
}

async function ask({ message, hint = '' }: Finding): Promise<Data> {
  const { isCancel, select } = await import('@clack/prompts')
  const answer = await select<Data | 'stop'>({
    message,
    options: [
      { value: 'stop', label: 'stop here', hint: 'nothing is changed' },
      { value: 'keep', label: 'the code alone', hint: 'on the data as it is' },
      {
        value: 'restore',
        label: 'code and data',
        hint: /--code-and-data restores ([^.]*)/.exec(hint)?.[1] ?? 'from the backup of then',
      },
    ],
    output: process.stderr,
  })
  if (isCancel(answer)) process.exit(130)
  if (answer === 'stop') throw new LandfallError({ code: 'E_CANCELLED', message: 'not done: this rollback' })
  return answer
}
