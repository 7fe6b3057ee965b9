import { createServer, type Server } from 'node:net'
import { codeOf } from '../../../lib/error.ts'

/** Hosts of the environments on this machine, for programs on it. */
export const HOST_PORTS = { from: 18_000, to: 18_999 }
/** Addresses that components have for each other. */
export const ADDRESS_PORTS = { from: 19_000, to: 19_499 }
export const BACKLOG = 4096
/** Both ends close on their own; dead peers of quiet sockets are found by the kernel. */
export const LISTENER = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

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
