import { script } from '@bomb.sh/tab'
import { LandfallError } from '../../lib/error.ts'
import { show } from '../../lib/show.ts'
import type { Run } from '../command.ts'

const SHELLS = ['bash', 'zsh', 'fish']

export const run: Run = async (_, [shell = '']) => {
  if (!SHELLS.includes(shell)) {
    throw new LandfallError({
      code: 'E_USAGE',
      message: `no completion for ${show(shell)}`,
      hint: `there is ${SHELLS.join(', ')}`,
    })
  }
  script(shell, 'landfall', 'landfall')
  return 0
}
