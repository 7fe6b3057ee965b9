import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { LandfallError } from '../../lib/error.ts'
import { lastLines } from '../../lib/exec.ts'
import { isAlive } from '../../lib/process-identity.ts'
import { type About, readAbout } from './process/about.ts'
import { callOnce, isGone } from './process/call.ts'
import { launchEdge } from './process/launch.ts'
import { type EdgePaths, edgePaths } from './process/paths.ts'
import { Ports } from './process/ports.ts'
import { ADDRESS_PORTS, fdOf, HOST_PORTS, hasIpv6, openPair, openSocket, portsOf } from './process/sockets.ts'
import { edgeVersion } from './process/version.ts'
import { SealedFile } from './state/sealed-file.ts'

/** Ports held beyond those in use, so that the first apps to come have theirs held as well. */
const SPARES = 8
const START_MS = 15_000
const MAIN_TRIES = 100
/** A port that was ours may still be in the hands of the edge that has just died. */
const PATIENCE_MS = 1_000

export interface Handshake {
  service: 'landfall-edge'
  pid: number
  version: string
}

/**
 * Makes sure that an edge of this version serves: adopts the one that lives, lets an older one hand over to it, starts one where
 * there is none.
 */
export async function ensureEdge(home: string, say: (line: string) => void): Promise<void> {
  const paths = edgePaths(home)
  // Asked every other second: the one that answered then and still lives need not say it again.
  const about = readAbout(paths.about)
  if (about && about.process.pid === agreed && about.version === version() && isAlive(about.process)) return
  agreed = 0
  for (const folder of [paths.run, paths.folder, paths.logs]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const serving = await handshake(paths)
  if (!serving) {
    await start(home, paths, say)
    return
  }
  if (serving.version === version()) {
    agreed = serving.pid
    return
  }
  say(`edge: version ${serving.version} hands over to ${version()}`)
  try {
    await callOnce(paths.control, 'hand-over', {}, { timeoutMs: START_MS + 10_000 })
  } catch (error) {
    // The old one serves on, which is what counts; it is asked again at the next start.
    say(`edge: ${error instanceof Error ? error.message : String(error)}`)
  }
}

let agreed = 0
let known: string | undefined
/** Of the program as it was when this process began to look after it. */
function version(): string {
  known ??= edgeVersion()
  return known
}

/** Who serves; waits for one that its shell is starting anew. */
async function handshake(paths: EdgePaths): Promise<Handshake | undefined> {
  const from = performance.now()
  for (;;) {
    try {
      return await callOnce<Handshake>(paths.control, 'handshake', {}, { timeoutMs: START_MS })
    } catch (error) {
      if (!isGone(error)) throw error
      const about = readAbout(paths.about)
      if (!about || !(isAlive(about.shell) || isAlive(about.process))) return undefined
      if (performance.now() - from > START_MS) {
        // It holds the sockets and does not get its program up: a fresh start is all that is left.
        endShell(about)
        return undefined
      }
    }
    await pause(25)
  }
}

function endShell(about: About): void {
  for (const known of [about.shell, about.process]) {
    try {
      if (isAlive(known)) process.kill(known.pid, 'SIGKILL')
    } catch {
      // Gone in the meantime.
    }
  }
}

async function start(home: string, paths: EdgePaths, say: (line: string) => void): Promise<void> {
  const ports = new Ports(new SealedFile(paths.ports, 'ports'))
  await ports.load()
  for (const alert of ports.alerts) say(`edge: ${alert}`)
  rmSync(paths.about, { force: true })
  const opened: { server: Server; host: string; port: number }[] = []
  try {
    const main = await openMain(ports, say)
    opened.push(...main)
    await ports.setMain(main[0]!.port)
    opened.push(...(await openOthers(ports, home)))
    const sockets = opened.map(({ server, host, port }) => ({ host, port, fd: fdOf(server) }))
    launchEdge({ home, paths, sockets, env: process.env })
  } finally {
    for (const { server } of opened) server.close()
  }
  const from = performance.now()
  while (!(await isServing(paths))) {
    if (performance.now() - from > START_MS) {
      throw new LandfallError({
        code: 'E_EDGE_START',
        message: `the edge did not come up within ${START_MS / 1000} s`,
        detail: tailOf(paths.log),
        hint: `look at ${paths.log}`,
      })
    }
    await pause(10)
  }
}

async function isServing(paths: EdgePaths): Promise<boolean> {
  try {
    await callOnce(paths.control, 'handshake', {}, { timeoutMs: START_MS })
    return true
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

/** The wished port, the one it had, 80 or 8080; else the next one that is free. */
async function openMain(ports: Ports, say: (line: string) => void): Promise<{ server: Server; host: string; port: number }[]> {
  const wish = process.env.LANDFALL_EDGE_PORT
  const first = wish ? Number(wish) : (ports.book.main ?? (process.getuid?.() === 0 ? 80 : 8080))
  if (!Number.isInteger(first) || first < 1 || first > 65_535) {
    throw new LandfallError({
      code: 'E_PORT',
      at: 'LANDFALL_EDGE_PORT',
      message: `${wish} is no port`,
      hint: 'give one from 1 to 65535',
    })
  }
  const next = first < 1024 ? 8080 : first + 1
  for (const port of [first, ...Array.from({ length: MAIN_TRIES }, (_, n) => next + n)]) {
    const isTaken = ports.ownerOf(port) !== undefined || port > 65_535
    const four = isTaken ? undefined : await openPatiently(port, port === ports.book.main)
    if (!four) continue
    const six = (await hasIpv6()) ? await openSocket('::', port) : undefined
    if (port !== first) say(`edge: port ${first} is not to be had; it listens on ${port}`)
    return [{ server: four, host: '0.0.0.0', port }, ...(six ? [{ server: six, host: '::', port }] : [])]
  }
  throw new LandfallError({
    code: 'E_NO_PORT',
    message: `none of the ports from ${first} on is free`,
    hint: 'set LANDFALL_EDGE_PORT to one that is; `ss -ltnp` shows who has them',
  })
}

async function openPatiently(port: number, wasOurs: boolean): Promise<Server | undefined> {
  const deadline = performance.now() + (wasOurs ? PATIENCE_MS : 0)
  for (;;) {
    const server = await openSocket('0.0.0.0', port)
    if (server || performance.now() >= deadline) return server
    await pause(50)
  }
}

/** Those on record, and some spares. One that somebody else has by now is left out; the edge tries it again. */
async function openOthers(ports: Ports, home: string): Promise<{ server: Server; host: string; port: number }[]> {
  const opened: { server: Server; host: string; port: number }[] = []
  const open = async (port: number, isHost: boolean): Promise<boolean> => {
    const servers = isHost ? await openPair(port) : [await openSocket('127.0.0.1', port)]
    servers?.forEach((server, index) => {
      if (server) opened.push({ server, host: index === 0 ? '127.0.0.1' : '::1', port })
    })
    return servers?.[0] !== undefined
  }
  const deadline = performance.now() + PATIENCE_MS
  const openOurs = async (port: number, isHost: boolean) => {
    while (!(await open(port, isHost)) && performance.now() < deadline) await pause(50)
  }
  for (const port of Object.values(ports.book.hosts)) await openOurs(port, true)
  for (const port of Object.values(ports.book.addresses)) await openOurs(port, false)
  for (const range of [HOST_PORTS, ADDRESS_PORTS]) {
    let spares = 0
    for (const port of portsOf(range, home)) {
      if (spares >= SPARES) break
      if (ports.ownerOf(port) === undefined && port !== ports.book.main && (await open(port, range === HOST_PORTS))) spares += 1
    }
  }
  return opened
}

function tailOf(path: string): string {
  try {
    return lastLines(readFileSync(path, 'utf8'), 20)
  } catch {
    return '' // It did not get as far as a log.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
