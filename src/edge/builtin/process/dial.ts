import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { LandfallError, shapeOf } from '../../../lib/error.ts'
import type { ErrorShape } from '../../../model/event.ts'

const TIMEOUT_MS = 10_000
/** Of the protocol that both sides change to: bytes as a stranger would send them. */
const PROTOCOL = 'landfall-dial'

/** A connection to the edge's front door, through its control socket. By hand: a socket that HTTP has had cannot serve it again. */
export function dial(socketPath: string, input: object): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    const refused = (why: string) => new LandfallError({ code: 'E_EDGE_API', message: `the edge opened no connection: ${why}` })
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(refused('it did not answer in time')))
    socket.on('error', reject)
    socket.on('close', () => reject(refused('it hung up')))
    let got: Buffer = Buffer.alloc(0)
    const onData = (chunk: Buffer) => {
      got = Buffer.concat([got, chunk])
      const end = got.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.off('data', onData)
      const head = got.toString('latin1', 0, end)
      const error = /^x-error: (.*)$/m.exec(head)?.[1]
      if (!head.startsWith('HTTP/1.1 101 ')) {
        socket.destroy()
        // The edge's word, by what it and this file agree on.
        return reject(
          error
            ? new LandfallError(JSON.parse(decodeURIComponent(error.trim())) as ErrorShape)
            : refused(head.split('\r\n')[0] ?? ''),
        )
      }
      // Not paused: nothing comes before whoever dialled has spoken, and HTTP does not wake what it is handed.
      socket.setTimeout(0)
      resolve(socket)
    }
    socket.on('data', onData)
    const asked = encodeURIComponent(JSON.stringify(input))
    socket.write(`GET /dial HTTP/1.1\r\nhost: edge\r\nconnection: upgrade\r\nupgrade: ${PROTOCOL}\r\nx-input: ${asked}\r\n\r\n`)
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
