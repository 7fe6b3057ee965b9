import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { writeAtomic } from '../../lib/atomic.ts'
import { codeOf, LandfallError } from '../../lib/error.ts'
import type { Scope } from '../../model/plan.ts'

interface Range {
  first: number
  last: number
}
export const INSTANCE_PORTS: Range = { first: 20_000, last: 29_999 }
/** Of the addresses, the upper half: the edge gives the lower one to what it keeps itself. */
export const ADDRESS_PORTS: Range = { first: 19_500, last: 19_999 }

/** Each home begins elsewhere in the range, so that two of them seldom want the same port. */
function beginning(home: string, range: Range): number {
  return range.first + (createHash('sha256').update(home).digest().readUInt32BE() % (range.last - range.first + 1))
}

let lastGiven: Record<string, number> = {}

/** A port that nobody on this machine has bound and that is not in `taken`; `wish` first, where it is free. */
export async function freePort(home: string, taken: ReadonlySet<number>, wish?: number): Promise<number> {
  if (wish !== undefined && !taken.has(wish) && (await isPortFree(wish))) return wish
  const { first, last } = INSTANCE_PORTS
  let port = lastGiven[home] ?? beginning(home, INSTANCE_PORTS)
  for (let tries = first; tries <= last; tries++) {
    port = port >= last ? first : port + 1
    if (taken.has(port)) continue
    // Noted before it is tried: two instances that start at once ask at once.
    lastGiven = { ...lastGiven, [home]: port }
    if (await isPortFree(port)) return port
  }
  throw new LandfallError({ code: 'E_PORTS', message: `no port of ${first}–${last} is free` })
}

/** Tried by binding it, on all addresses: whoever holds it on any of them is in the way of an app that wants all. */
export async function isPortFree(port: number): Promise<boolean> {
  const onBoth = await tryBind(port, '::')
  if (onBoth !== 'unknown') return onBoth === 'free'
  return (await tryBind(port, '0.0.0.0')) === 'free'
}

function tryBind(port: number, host: string): Promise<'free' | 'taken' | 'unknown'> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(codeOf(error) === 'EADDRINUSE' ? 'taken' : 'unknown'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve('free')))
  })
}

/** The port on which a component with an address of its own listens: the same over all releases and restarts. */
export async function addressPort(home: string, file: string, scope: Scope, component: string): Promise<number> {
  const owner = `${scope.app}/${scope.environment}/${component}`
  const { first, last } = ADDRESS_PORTS
  const size = last - first + 1
  const begin = beginning(home, ADDRESS_PORTS) - first
  for (let i = 0; i < size; i++) {
    const port = first + ((begin + i) % size)
    const remembered = readKnown(file)[owner]
    if (remembered !== undefined) return remembered
    if (!(await isPortFree(port))) continue
    // Read again: whoever asked at the same time may have been faster.
    const known = readKnown(file)
    if (known[owner] !== undefined) return known[owner]
    if (Object.values(known).includes(port)) continue
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeAtomic(file, `${JSON.stringify({ ...known, [owner]: port }, null, 1)}\n`)
    return port
  }
  throw new LandfallError({ code: 'E_PORTS', message: `no address of ${first}–${last} is free for ${component}` })
}

function readKnown(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number> // Only we write it.
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw error
  }
}
