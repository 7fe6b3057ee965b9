import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder, paths } from './paths.ts'

export interface SecretFile {
  variable: string
  /** As the app wants the file to be called. */
  name: string
  text: string
}

/**
 * Values that an instance finds in files: each in a folder of its own, readable by the instance's user alone and writable by
 * nobody. What an earlier start left is gone first. Comes back with the variables that tell the paths.
 */
export function writeSecretFiles(home: string, id: string, files: SecretFile[], uid: number | undefined): Record<string, string> {
  rmSync(paths.secrets(home, id), { recursive: true, force: true })
  const told: Record<string, string> = {}
  for (const { variable, name, text } of files) {
    const path = paths.secret(home, id, variable, name)
    makeFolder(paths.secrets(home, id))
    mkdirSync(dirname(path))
    chmodSync(dirname(path), 0o711)
    writeFileSync(path, text, { flag: 'wx', mode: 0o400 })
    chmodSync(path, 0o400)
    if (uid !== undefined) chownSync(path, uid, uid)
    told[`${variable}_FILE`] = path
  }
  return told
}
