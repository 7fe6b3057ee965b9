import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** Full path of a program on PATH. */
export function programOf(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

/** The real client with this terminal as its own; its login is in its environment alone. Ends with its exit code. */
export function become(file: string, args: string[], env: Record<string, string>): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  // Ctrl-C is the client's: it ends a query there, and not the session.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('SIGINT', ignore)
      resolve(code ?? 1)
    })
  })
}

/** What psql reads in place of an address, which as an argument everybody could see. */
export function psqlEnv(url: string, isReadonly: boolean): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url)
  const more = [...searchParams].flatMap(([key, value]) => (Object.hasOwn(NAMES, key) ? [[NAMES[key]!, value] as const] : []))
  const options = [searchParams.get('options'), isReadonly && '-c default_transaction_read_only=on'].filter(Boolean).join(' ')
  return {
    PGHOST: decodeURIComponent(searchParams.get('host') ?? hostname.replace(/^\[|\]$/g, '')),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGAPPNAME: 'landfall exec',
    ...Object.fromEntries(more),
    ...(options && { PGOPTIONS: options }),
  }
}
const NAMES: Record<string, string> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  channel_binding: 'PGCHANNELBINDING',
  connect_timeout: 'PGCONNECT_TIMEOUT',
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false // Not there.
  }
}
