import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import type { EdgePaths } from './paths.ts'
import { edgeMain } from './version.ts'

const LOG_MAX = 5 * 1024 * 1024

/**
 * Holds the sockets (they are simply inherited) and starts the program anew when it dies: at once when it was killed or fell over
 * while it served (86), after a second when it could not even start. Ends when the program ends with 0.
 */
const HOLDER = `trap : HUP INT TERM
while :; do
  "$@" && exit 0
  r=$?
  unset LANDFALL_FAIL
  [ $r -gt 128 ] || [ $r -eq 86 ] || sleep 1
done`

/** Exit code for "start me again at once". */
export const AGAIN = 86

/** A small young generation: as fast, and half the memory after a busy hour. */
const FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4']

export interface Launch {
  home: string
  paths: EdgePaths
  sockets: { host: string; port: number; fd: number }[]
  env: NodeJS.ProcessEnv
  /** Pid of the edge that is to be relieved. */
  relieves?: number
}

/** Starts the shell with the program in it, in a session of its own; the caller may close its sockets then. */
export function launchEdge(launch: Launch): ChildProcess {
  const { home, paths, sockets } = launch
  mkdirSync(paths.logs, { recursive: true, mode: 0o700 })
  const log = openLog(paths.log)
  try {
    const held = sockets.map(({ host, port }, index) => ({ host, port, fd: index + 3 }))
    const args = [process.execPath, ...FLAGS, edgeMain, home]
    const child = spawn('/bin/sh', ['-c', HOLDER, 'sh', ...args], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log, ...sockets.map((socket) => socket.fd)],
      env: {
        ...ours(launch.env),
        LANDFALL_HOME: home,
        LANDFALL_EDGE_SOCKETS: JSON.stringify(held),
        ...(launch.relieves !== undefined && { LANDFALL_EDGE_RELIEVES: String(launch.relieves) }),
      },
    })
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

/** Only what the edge looks at: secrets of whoever started it are none of its business. */
function ours(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of ['PATH', 'LANG', 'TZ', 'LANDFALL_EDGE_PORT', 'LANDFALL_EDGE_LIMITS', 'LANDFALL_FAIL']) {
    const value = env[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

function openLog(path: string): number {
  try {
    if (statSync(path).size > LOG_MAX) renameSync(path, `${path}.1`)
  } catch {
    // Not there yet.
  }
  return openSync(path, 'a', 0o600)
}
