import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../atomic.ts'

/** A volume is this server's when it is empty or says so itself; anything else is refused, and left as it is. */
export function claimFolder(folder: string, kind: string, version: number): void {
  const file = join(folder, 'version')
  if (!existsSync(file)) {
    const entry = readdirSync(folder).find((name) => !HARMLESS.test(name))
    if (entry) throw new Error(`${folder} holds ${entry} but no file version: it is not started empty over somebody's files`)
    writeAtomic(file, `${kind} ${version}\n`)
    return
  }
  const found = readFileSync(file, 'utf8').trim()
  const [wrote, written] = found.split(' ')
  if (wrote === kind && Number(written) >= 1 && Number(written) <= version) return
  throw new Error(`the data in ${folder} is that of ${found}, and this server is ${kind} ${version}: it is left as it is`)
}
/** What the start program, a file system, or a write that was cut off leaves. */
const HARMLESS = /^(lock|lost\+found|version\.\d+\.tmp)$/
