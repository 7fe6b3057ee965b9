import { request, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { LandfallError, shapeOf } from '../../../lib/error.ts'
import type { ErrorShape } from '../../../model/event.ts'

const TIMEOUT_MS = 10_000
/** Of the protocol that both sides change to: bytes as a stranger would send them. */
const PROTOCOL = 'landfall-dial'

/** A connection to the edge's front door, through its control socket. */
export function dial(socketPath: string, input: object): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const asking = request({
      socketPath,
      path: '/dial',
      headers: { connection: 'upgrade', upgrade: PROTOCOL, 'x-input': encodeURIComponent(JSON.stringify(input)) },
      agent: false,
    })
    asking.setTimeout(TIMEOUT_MS, () =>
      asking.destroy(new LandfallError({ code: 'E_EDGE_SILENT', message: 'the edge did not open a connection in time' })),
    )
    asking.on('upgrade', (_response, socket, head) => {
      asking.setTimeout(0)
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    asking.on('response', (response) => {
      const error = response.headers['x-error']
      response.resume()
      // The edge's word, by what it and this file agree on.
      reject(new LandfallError(JSON.parse(decodeURIComponent(String(error))) as ErrorShape))
    })
    asking.on('error', reject)
    asking.end()
  })
}

/** The other side: `open` says who takes the connection, or throws why nobody does. */
export function onDial(control: Server, open: (input: Record<string, unknown>) => (socket: Duplex) => void): void {
  control.on('upgrade', (asked, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {}) // Whoever dialled went away.
    try {
      const take = open(JSON.parse(decodeURIComponent(String(asked.headers['x-input']))) as Record<string, unknown>)
      if (head.length > 0) socket.unshift(head)
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${PROTOCOL}\r\n\r\n`)
      take(socket)
    } catch (error) {
      const shape = encodeURIComponent(JSON.stringify(shapeOf(error)))
      socket.end(`HTTP/1.1 409 Conflict\r\nx-error: ${shape}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
    }
  })
}
