import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { generateIdentity, readIdentities, recipientOf } from '../lib/age/keys.ts'
import { writeAtomic } from '../lib/atomic.ts'
import { LandfallError } from '../lib/error.ts'

/** Where they lie. */
export const identityFile = (home: string) => join(home, 'backup.key')

/** Of this home: the first one signs and encrypts, the others came with backups of elsewhere. Made at the first call. */
export function identitiesOf(home: string): string[] {
  const file = identityFile(home)
  if (!existsSync(file)) {
    const fresh = generateIdentity()
    writeAtomic(
      file,
      `# Key of this Landfall's backups: keep a copy on another machine.\n# public key: ${recipientOf(fresh)}\n${fresh}\n`,
    )
  }
  const mode = statSync(file).mode & 0o777
  if (mode & 0o077) {
    throw new LandfallError({
      code: 'E_SECRETS_KEY',
      message: `${file} can be read by others (mode ${mode.toString(8)})`,
      hint: `chmod 600 ${file}`,
    })
  }
  return readIdentities(readFileSync(file, 'utf8'))
}

/** Those of a key file join ours. */
export function addIdentities(home: string, fresh: string[]): void {
  const known = identitiesOf(home)
  const more = fresh.filter((i) => !known.includes(i))
  if (more.length === 0) return
  writeAtomic(identityFile(home), `${readFileSync(identityFile(home), 'utf8').trimEnd()}\n${more.join('\n')}\n`)
}
