import type { OpAnswers, OpInput } from './contract.ts'
import type { Setting } from './world.ts'

/** Every version of every stored value is sealed with a new key. */
export function envRotateKey(setting: Setting): Promise<OpAnswers['env-rotate-key']> {
  return setting.store.keys.rotate()
}

export async function envRecoveryKey(setting: Setting): Promise<OpAnswers['env-recovery-key']> {
  const { keys } = setting.store
  const recoveryKey = await keys.makeRecovery(Date.now())
  return { recoveryKey, recipient: keys.recovery()?.recipient ?? '' }
}

export function envRestoreKey(setting: Setting, input: OpInput<'env-restore-key'>): Promise<OpAnswers['env-restore-key']> {
  return setting.store.keys.restore(input.recoveryKey)
}
