import { LandfallError } from '../../lib/error.ts'
import { show } from '../../lib/show.ts'
import type { Run } from '../command.ts'
import { completionScripts } from '../completion-scripts.ts'

export const run: Run = async (context, [shell = '']) => {
  const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined
  if (script === undefined) {
    const hint = `there is ${Object.keys(completionScripts).join(', ')}`
    throw new LandfallError({ code: 'E_USAGE', message: `no completion for ${show(shell)}`, hint })
  }
  context.out.write(script)
  return 0
}
