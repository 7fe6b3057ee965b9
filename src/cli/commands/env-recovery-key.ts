import { LandfallError } from '../../lib/error.ts'
import { askSecret, confirm } from '../ask.ts'
import type { Run } from '../command.ts'
import { answer, type Context } from '../context.ts'
import { openSession } from '../session.ts'

/** Told once, on stdout, so that it can go straight to where it is kept. */
export const run: Run = async (context, _args, { restore }) => {
  if (restore) return restoreKey(context)
  await confirm(context, 'A recovery key that was made before opens nothing any more. Go ahead?', 'a new recovery key')
  const session = await openSession(context)
  const made = await session.call('env-recovery-key', {})
  const { err } = context
  if (!context.isJson) {
    err.say('This is the recovery key. It is shown this once, and brings secrets.key back when that is lost.')
    err.say('Keep it away from this machine and from where the backups are: a password manager, or paper.\n')
  }
  answer(context, made, () => made.recoveryKey)
  return 0
}

async function restoreKey(context: Context): Promise<number> {
  const recoveryKey = context.canAsk ? await askSecret('the recovery key') : await readStdin()
  const session = await openSession(context)
  const done = await session.call('env-restore-key', { recoveryKey })
  const { paint, signs } = context.out.look
  answer(context, done, () => `${paint.green(signs.ok)} secrets.key is back (key ${done.id})`)
  return 0
}

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) {
    throw new LandfallError({
      code: 'E_CONFIRM',
      message: 'the recovery key is wanted on stdin',
      hint: 'landfall env recovery-key --restore < key.txt',
    })
  }
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const part of process.stdin) text += part
  return text
}
