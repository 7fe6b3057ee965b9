import { accessSync, constants, statSync } from 'node:fs'
import { codeOf } from './error.ts'

/** Why nothing can be written into a folder of ours: its disk is mounted read-only, or its rights were taken away. */
export function whyReadOnly(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    if (codeOf(error) === 'EROFS') return 'its disk is mounted read-only'
    const own = codeOf(error) === 'EACCES' && statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.()
    return own ? 'its rights do not allow it' : undefined
  }
}
