import { LandfallError } from '../lib/error.ts'
import type { Context } from './context.ts'

/** The answer to a yes-or-no question; `--yes` is one. Without a terminal nothing waits: the flag is named instead. */
export async function confirm(context: Context, question: string, what: string): Promise<void> {
  if (context.yes !== undefined) return
  if (!context.canAsk) throw unconfirmed(context, what)
  const { confirm: ask, isCancel } = await import('@clack/prompts')
  const answer = await ask({ message: question, initialValue: false, output: process.stderr })
  if (isCancel(answer)) process.exit(130)
  if (answer !== true) throw new LandfallError({ code: 'E_CANCELLED', message: `not done: ${what}` })
}

function unconfirmed({ isJson }: Context, what: string): LandfallError {
  return new LandfallError({
    code: 'E_CONFIRM',
    message: `${what} wants a yes, and ${isJson ? 'with --json nobody is asked' : 'there is no terminal to ask on'}`,
    hint: 'add --yes (a protected environment wants --yes=<app>)',
  })
}

/** The app's own name, typed out: what a protected environment asks for. */
export async function askName(app: string, environment: string): Promise<string> {
  const { text, isCancel } = await import('@clack/prompts')
  const answer = await text({
    message: `${environment} is protected. Type the app's name (${app}) to go ahead`,
    output: process.stderr,
  })
  if (isCancel(answer)) process.exit(130)
  if (answer !== app) throw new LandfallError({ code: 'E_CANCELLED', message: 'not done: that is not the name of the app' })
  return answer
}

/** A value that nobody looking over a shoulder, and no shell's history, gets to see. */
export async function askSecret(name: string): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts')
  const answer = await password({ message: `Value of ${name}`, output: process.stderr })
  if (isCancel(answer)) process.exit(130)
  return answer ?? ''
}
