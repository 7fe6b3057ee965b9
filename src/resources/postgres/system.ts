import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../lib/digest.ts'
import { LandfallError } from '../../lib/error.ts'
import { describeServers, type Found, findServer, findServers, installHint } from './find-server.ts'
import { FILES } from './server-files.ts'

const PREFIX = 'system-'

/** `system-17+1f2e3d4c`: the major of the distribution's server, and what we put around it. */
export const systemVersion = (major: string): string => `${PREFIX}${major}+${digestOf(FILES).slice(0, 8)}`

/** The major, where `version` asks for a server of the distribution. */
export function systemMajor(version: string): string | undefined {
  return version.startsWith(PREFIX) ? version.slice(PREFIX.length).split('+')[0] : undefined
}

/** Links to the machine's programs in `bin`, so that updates of the package take effect at the next start. */
export function linkSystem(into: string, major: string, there: Found[] = findServers(major)): Found {
  const found = findServer(there, major)
  if (!found) {
    throw new LandfallError({
      code: 'E_NO_POSTGRES',
      message: `PostgreSQL ${major} of the distribution is not on this machine`,
      ...(there.length > 0 && { detail: `there is ${describeServers(there)}` }),
      hint: installHint(major),
    })
  }
  chmodSync(into, 0o755)
  for (const program of ['postgres', 'initdb']) symlinkSync(join(found.folder, program), join(into, 'bin', program))
  return found
}
