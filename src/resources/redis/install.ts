import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import type { ServerType } from '../../model/plug.ts'
import { describeServers, findServer, findServers, INSTALL, OLDEST } from './find-server.ts'
import { FILES } from './server-files.ts'

/** The server is the machine's own: the artifact holds the start program, and which server was found. */
export const install: ServerType['install'] = async (source, into, { say }) =>
  installFrom(findServers(), source.version, into, say)

export function installFrom(
  there: ReturnType<typeof findServers>,
  version: string,
  into: string,
  say: (line: string) => void,
): void {
  const wish = version.split('+')[0]?.replace('any', '')
  const found = findServer(there, wish)
  if (!found) {
    throw new LandfallError({
      code: 'E_NO_SERVER',
      message: `there is no Redis or Valkey ${wish || `${OLDEST} or newer`} on this machine`,
      ...(there.length > 0 && { detail: `there is ${describeServers(there)}` }),
      hint: `${INSTALL}, or give \`url:\` for a server of your own`,
    })
  }
  say(`${found.flavour} ${found.version} of this machine: ${found.file}`)
  chmodSync(into, 0o755)
  const server = { text: `${found.file}\n${found.flavour} ${found.version}\n`, mode: 0o644 }
  for (const [path, { text, mode }] of Object.entries({ ...FILES, server })) {
    mkdirSync(dirname(join(into, path)), { recursive: true, mode: 0o755 })
    writeFileSync(join(into, path), text, { mode, flush: true })
    chmodSync(join(into, path), mode)
  }
}
