import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, lstat, mkdir, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, LandfallError } from '../../../lib/error.ts'
import { lastLines } from '../../../lib/exec.ts'
import type { SnapshotCode } from '../../../model/backup.ts'
import { install } from '../install.ts'
import { login } from '../login.ts'
import { DATABASE, USER } from '../server-files.ts'
import { DEFAULT_MAJOR, isMajor, MAJORS, resolveRelease } from '../versions.ts'

const READY_MS = 60_000

/** A server of its own, from the artifact of the live one where it is ours, on a folder that is thrown away. */
export const scratch: SnapshotCode['scratch'] = async (like, at, ctx) => {
  const artifact =
    at?.values.artifact && existsSync(at.values.artifact) ? at.values.artifact : await binaries(like.tools.postgresql, ctx)
  const folder = join(ctx.scratch, 'postgres')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const ids = await idsOf(at?.values.folder)
  if (ids) await chown(folder, ids.uid, ids.gid)
  const port = await freePort()
  const extensions = Object.keys(like.values)
    .filter((key) => key.startsWith('extension '))
    .map((key) => key.slice('extension '.length))
  const preload = extensions.includes('pg_stat_statements') ? ['-c', 'shared_preload_libraries=pg_stat_statements'] : []
  // Nothing here has to outlive a power cut.
  const settings = [
    '-c',
    'fsync=off',
    '-c',
    'full_page_writes=off',
    '-c',
    'wal_level=minimal',
    '-c',
    'max_wal_senders=0',
    ...preload,
  ]
  const child = spawn('/bin/sh', [join(artifact, 'bin/landfall-postgres'), ...settings], {
    cwd: artifact,
    env: { PATH: '/usr/bin:/bin', PORT: String(port), POSTGRES_FOLDER: folder, LANDFALL_HOME: ctx.home },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    ...ids,
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-10_000)))
  child.on('error', (error) => (log += error.message))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const end = async () => {
    for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
      try {
        if (child.pid) process.kill(-child.pid, signal)
      } catch {
        break // It has ended.
      }
      await Promise.race([ended, sleep(5000, undefined, { ref: false })])
      if (child.exitCode !== null || child.signalCode !== null) break
    }
    await rm(folder, { recursive: true, force: true })
  }
  const password = randomBytes(18).toString('hex')
  const values = {
    host: '127.0.0.1',
    port: String(port),
    user: USER,
    password,
    database: DATABASE,
    folder,
    extensions: extensions.join(','),
  }
  const until = Date.now() + READY_MS
  for (;;) {
    const failure = await login(values, ctx.signal).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (!failure) break
    if (child.exitCode === null && child.signalCode === null && Date.now() < until && !ctx.signal.aborted) {
      await sleep(25)
      continue
    }
    await end()
    throw new LandfallError({
      code: 'E_SCRATCH',
      message: 'the scratch server for the comparison did not become ready',
      detail: lastLines(`${log}\n${failure instanceof Error ? failure.message : ''}`, 10),
      cause: failure,
    })
  }
  const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`
  const resource = at?.resource ?? { name: 'scratch', type: 'postgres', options: {} }
  return { target: { resource, values: { url, folder, extensions: extensions.join(',') } }, close: end }
}

/** Of the same major where there is one, else of the next: a dump is read by newer servers, not by older ones. */
async function binaries(version: string | undefined, ctx: Parameters<SnapshotCode['scratch']>[2]): Promise<string> {
  const wanted = version?.split('.')[0] ?? DEFAULT_MAJOR
  const major = isMajor(wanted) ? wanted : MAJORS.find((m) => Number(m) > Number(wanted))
  if (!major) {
    throw new LandfallError({
      code: 'E_PG_VERSION',
      message: `there is no PostgreSQL ${wanted} here to restore into for the comparison`,
    })
  }
  const release = resolveRelease(major)
  const into = join(ctx.home, 'runtimes', `backup-postgres-${release.version}`)
  if (existsSync(join(into, 'whole'))) return into
  await rm(into, { recursive: true, force: true })
  await mkdir(into, { recursive: true })
  const cache = join(ctx.home, 'scratch')
  await install({ type: 'server', resource: 'postgres', version: release.version }, into, {
    signal: ctx.signal,
    say: ctx.say,
    cache,
  })
  await mkdir(join(into, 'whole'))
  return into
}

/** PostgreSQL refuses root: the uid of the live server's folder, which no app has, or nobody's. */
async function idsOf(folder: string | undefined): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const live = folder ? await lstat(folder).catch(() => undefined) : undefined
  if (live && live.uid !== 0) return { uid: live.uid, gid: live.gid }
  const passwd = await readFile('/etc/passwd', 'utf8')
  const [, , uid, gid] =
    passwd
      .split('\n')
      .find((line) => line.startsWith('nobody:'))
      ?.split(':') ?? []
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) }
}

/** Outside the kernel's range for outgoing connections, and of those that engines and edges hand out. */
async function freePort(): Promise<number> {
  for (let port = 17_000 + (process.pid % 900); port < 18_000; port++) {
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree && !(await isAnswered(port))) return port
  }
  throw new LandfallError({ code: 'E_SCRATCH', message: 'no port from 17000 to 17999 is free' })
}

function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', (error) => resolve(codeOf(error) !== 'ECONNREFUSED'))
  })
}
