import { goBackBeforeUpgrade as goBack } from '../store/go-back.ts'

/** `doctor --fix` after an upgrade that is not wanted: see there. */
export function goBackBeforeUpgrade(home: string, now: number): ReturnType<typeof goBack> {
  return goBack(home, now)
}
