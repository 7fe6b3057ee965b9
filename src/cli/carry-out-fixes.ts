import { spawn } from 'node:child_process'
import { LandfallError } from '../lib/error.ts'
import type { Fix } from '../ops/fixes.ts'
import { confirm } from './ask.ts'
import type { Context } from './context.ts'

/** Each fix after a yes to its very command. What the command says is progress: the result is what the doctor finds afterwards. */
export async function carryOutFixes(context: Context, fixes: Fix[]): Promise<void> {
  const { err, home } = context
  for (const fix of fixes) {
    const line = fix.command.map(quoted).join(' ')
    err.say(`${fix.about}\n  ${line}`)
    await confirm(context, 'Do it?', line)
    if (fix.by === 'go-back') {
      const { goBackBeforeUpgrade } = await import('../ops/go-back.ts')
      const done = goBackBeforeUpgrade(home, Date.now())
      err.say(done ? `the newer records are kept as ${done.aside}` : 'there is no copy any more')
    } else await carryOut(fix)
  }
}

function carryOut({ command, about }: Fix): Promise<void> {
  const [program = '', ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['inherit', 2, 2], shell: false })
    const failed = (how: string) =>
      reject(
        new LandfallError({
          code: 'E_FIX',
          message: `${about}: ${command.join(' ')} ${how}`,
          hint:
            program.endsWith('apt-get') || args.includes('apt-get')
              ? 'apt-get update, then landfall doctor --fix'
              : 'landfall doctor',
        }),
      )
    child.on('error', (error) => failed(`could not be started: ${error.message}`))
    child.on('close', (code) => (code === 0 ? resolve() : failed(`ended with ${code}`)))
  })
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
