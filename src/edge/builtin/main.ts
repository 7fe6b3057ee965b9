import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { writeAtomic } from '../../lib/atomic.ts'
import { identify, isAlive, type ProcessIdentity } from '../../lib/process-identity.ts'
import { type About, readAbout } from './process/about.ts'
import { EdgeProcess } from './process/edge-process.ts'
import { AGAIN } from './process/launch.ts'
import { edgePaths } from './process/paths.ts'
import type { HeldSocket } from './process/sockets.ts'
import { edgeVersion } from './process/version.ts'

// The edge's own process: `node edge.mjs <home>`, inside the shell that holds its sockets.

const say = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`)
// Control socket, tables and logs are ours alone, whatever whoever started us likes.
process.umask(0o077)

const home = process.argv[2]
if (!home) throw new Error('usage: edge <LANDFALL_HOME>')
const paths = edgePaths(home)
const relieves = Number(process.env.LANDFALL_EDGE_RELIEVES ?? 0)
const about: About = {
  process: mustIdentify(process.pid),
  shell: mustIdentify(process.ppid),
  version: edgeVersion(),
  startedAt: new Date().toISOString(),
}
const other = readAbout(paths.about)
if (other && isAnotherServing(other)) {
  say('another edge serves this home: this one is not needed')
  process.exit(0)
}

const edge = new EdgeProcess({
  home,
  paths,
  about,
  sockets: JSON.parse(process.env.LANDFALL_EDGE_SOCKETS ?? '[]') as HeldSocket[],
  limits: process.env.LANDFALL_EDGE_LIMITS,
  say,
})

// What one request can do is caught where it is handled; beyond that only a fresh start is to be trusted.
let isServing = false
process.on('uncaughtException', (error) => {
  say(`fatal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  process.exit(isServing ? AGAIN : 1)
})
process.on('SIGTERM', () => void edge.stop())
process.on('SIGINT', () => void edge.stop())

await edge.start()
announce()
isServing = true
if (relieves > 0) await edge.relieve(relieves)
say(`edge ${about.version} serves, pid ${process.pid}, generation ${edge.generation}`)

/** From here on questions come to this process: the link moves at once. */
function announce(): void {
  const temporary = `${paths.control}.${process.pid}.tmp`
  rmSync(temporary, { force: true })
  symlinkSync(basename(paths.controlOf(process.pid)), temporary)
  renameSync(temporary, paths.control)
  writeAtomic(paths.about, JSON.stringify(about))
}

function isAnotherServing(known: About): boolean {
  if (known.process.pid === process.pid || !isAlive(known.process)) return false
  return known.process.pid !== relieves && known.shell.pid !== about.shell.pid
}

function mustIdentify(pid: number): ProcessIdentity {
  const found = identify(pid)
  if (!found) throw new Error(`process ${pid} is gone`)
  return found
}
