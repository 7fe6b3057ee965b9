import { createServer, type Server } from 'node:net'
import { digestOf } from '../../../lib/digest.ts'
import { codeOf } from '../../../lib/error.ts'
import { homeFolder } from '../../../lib/home.ts'

export interface PortRange {
  from: number
  to: number
}
/** Hosts of the environments on this machine, for programs on it. */
export const HOST_PORTS: PortRange = { from: 18_000, to: 18_999 }
/** Addresses that components have for each other. */
export const ADDRESS_PORTS: PortRange = { from: 19_000, to: 19_499 }
export const BACKLOG = 4096
/** Both ends close on their own; dead peers of quiet sockets are found by the kernel. */
export const LISTENER = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

/**
 * All ports of a range in the order in which a home tries them. Homes that somebody named begin in different places, so that two
 * on one machine do not take what the other has on record and does not hold just now.
 */
export function portsOf(range: PortRange, home: string): number[] {
  const count = range.to - range.from + 1
  const start =
    home === homeFolder({ ...process.env, LANDFALL_HOME: '' }) ? 0 : Number.parseInt(digestOf(home).slice(0, 8), 16) % count
  return Array.from({ length: count }, (_, n) => range.from + ((start + n) % count))
}

/** A socket that listens, as it is handed from process to process. */
export interface HeldSocket {
  host: string
  port: number
  fd: number
}

/** Undefined where somebody else has the port, it is not for us, or this machine has no such address. */
export function openSocket(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    // Nobody is to be served before the process is there that can.
    const server = createServer(LISTENER, (socket) => socket.destroy())
    server.on('error', (error) => {
      const code = codeOf(error) ?? ''
      if (['EADDRINUSE', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EACCES'].includes(code)) resolve(undefined)
      else reject(error)
    })
    server.listen({ host, port, backlog: BACKLOG, ipv6Only: host.includes(':') }, () => resolve(server))
  })
}

let ipv6: Promise<boolean> | undefined
export function hasIpv6(): Promise<boolean> {
  ipv6 ??= openSocket('::1', 0).then((server) => {
    server?.close()
    return server !== undefined
  })
  return ipv6
}

/** The same port on 127.0.0.1 and, where there is one, ::1; or neither. */
export async function openPair(port: number): Promise<Server[] | undefined> {
  const four = await openSocket('127.0.0.1', port)
  if (!four) return undefined
  if (!(await hasIpv6())) return [four]
  const six = await openSocket('::1', port)
  if (six) return [four, six]
  four.close()
  return undefined
}

/** Number of the descriptor, to hand it to a child. Node has it, but no public name for it. */
export function fdOf(server: Server): number {
  const handle = (server as unknown as { _handle?: { fd?: number } })._handle
  if (typeof handle?.fd !== 'number' || handle.fd < 0) throw new Error('a listening socket has no descriptor')
  return handle.fd
}
