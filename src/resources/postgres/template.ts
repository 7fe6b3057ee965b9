import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import { exec } from '../../lib/exec.ts'
import { SUPERUSER, TEMPLATE_SQL } from './server-files.ts'

export interface Progress {
  signal: AbortSignal
  say(line: string): void
}

/**
 * An initialised cluster inside the artifact, which the first start copies: `initdb` wants a uid that has an entry in
 * /etc/passwd, and the uids that servers run under have none. It holds no password and no data.
 */
export async function makeTemplate(artifact: string, major: number, { signal, say }: Progress): Promise<void> {
  const template = join(artifact, 'template')
  const user = initialUser(artifact)
  const run = (program: string, args: string[], input?: string) =>
    exec(join(artifact, 'bin', program), args, {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      signal,
      timeoutSeconds: 300,
      ...user,
      ...(input && { input }),
    })
  say('making an empty cluster')
  const args = ['--pgdata', template, '--username', SUPERUSER, '--encoding', 'UTF8', '--locale', 'C', '--data-checksums']
  args.push('--auth-local', 'trust', '--auth-host', 'reject', '--no-instructions')
  // Order and case of text then do not change with the machine's libraries. Before 17 that is true of the order alone.
  if (major >= 17) args.push('--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8')
  const fresh = () => {
    rmSync(template, { recursive: true, force: true })
    mkdirSync(template, { mode: 0o700 })
    if (user) chownSync(template, user.uid, user.gid)
  }
  fresh()
  await run('initdb', [...args, '--lc-ctype', 'C.UTF-8']).catch(async (error: unknown) => {
    if (signal.aborted) throw error
    // A machine without this locale: letters beyond ASCII then have no upper and lower case in text search.
    fresh()
    await run('initdb', args)
  })
  await run('postgres', ['--single', '-D', template, '-c', 'exit_on_error=on', 'postgres'], TEMPLATE_SQL)
  // Ours are in etc/, beside the binaries that they fit to.
  for (const name of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']) rmSync(join(template, name))
  openToAll(template, user !== undefined)
}

/** As root another one must do it, since PostgreSQL refuses root; else ourselves. */
function initialUser(artifact: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) {
    try {
      userInfo()
      return undefined
    } catch (cause) {
      throw new LandfallError({
        code: 'E_NO_USER',
        message: `uid ${process.getuid?.()} has no entry in /etc/passwd, and PostgreSQL's initdb asks for one`,
        hint: 'add a line for it to /etc/passwd (of the container image), or give `url:` for a server of your own',
        cause,
      })
    }
  }
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((l) => l.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  // macOS writes -2 for what the kernel calls 4294967294.
  const user = { uid: Number(uid ?? 65534) >>> 0, gid: Number(gid ?? 65534) >>> 0 }
  for (let folder = artifact; folder !== dirname(folder); folder = dirname(folder)) {
    if (statSync(folder).mode & 0o001) continue
    throw new LandfallError({
      code: 'E_UNREACHABLE',
      message: `other users cannot enter ${folder}, and PostgreSQL does not run as root`,
      hint: `run \`chmod o+x ${folder}\`, or put LANDFALL_HOME where every user can enter, such as /var/lib/landfall`,
    })
  }
  return user
}

/** Read by whatever uid a server runs under; written by none. */
function openToAll(path: string, isRoot: boolean): void {
  const stat = lstatSync(path)
  if (isRoot) chownSync(path, 0, 0)
  chmodSync(path, stat.isDirectory() ? 0o755 : 0o644)
  if (stat.isDirectory()) for (const entry of readdirSync(path)) openToAll(join(path, entry), isRoot)
}
