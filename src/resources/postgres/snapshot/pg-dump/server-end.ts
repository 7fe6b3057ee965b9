interface Pipe {
  send(bytes: Uint8Array): void
  /** Waits until there is something. */
  receive(): Uint8Array
}

const SSL_REQUEST = 80_877_103
const GSS_REQUEST = 80_877_104

/** Stands between pg_dump and a session that is logged in: the greeting is answered here, all else by the server. */
export class ServerEnd {
  private pending = Buffer.alloc(0)
  private isGreeted = false
  private readonly parameters: Record<string, string>
  private readonly pipe: Pipe
  constructor(parameters: Record<string, string>, pipe: Pipe) {
    this.parameters = parameters
    this.pipe = pipe
  }

  /** libpq flushes in pieces of 8 KiB: what is not whole yet waits for the rest. */
  talk(bytes: Uint8Array, answer: (bytes: Uint8Array) => void): void {
    this.pending = Buffer.concat([this.pending, bytes])
    for (;;) {
      const head = this.isGreeted ? 1 : 0
      if (this.pending.length < head + 4) return
      const end = head + this.pending.readUInt32BE(head)
      if (this.pending.length < end) return
      const message = this.pending.subarray(0, end)
      this.pending = this.pending.subarray(end)
      if (!this.isGreeted) this.greet(message.readUInt32BE(4), answer)
      else this.pass(message, answer)
    }
  }

  private greet(code: number, answer: (bytes: Uint8Array) => void): void {
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      answer(Buffer.from('N'))
      return
    }
    this.isGreeted = true
    const told = Object.entries(this.parameters).map(([name, value]) => framed('S', Buffer.from(`${name}\0${value}\0`)))
    answer(Buffer.concat([framed('R', Buffer.alloc(4)), ...told, framed('K', Buffer.alloc(8)), framed('Z', Buffer.from('I'))]))
  }

  private pass(message: Buffer, answer: (bytes: Uint8Array) => void): void {
    const type = String.fromCharCode(message[0] ?? 0)
    // The session is not pg_dump's to end.
    if (type === 'X') return
    this.pipe.send(message)
    if (type === 'Q' || type === 'S') this.untilReady(answer)
  }

  private untilReady(answer: (bytes: Uint8Array) => void): void {
    let rest: Uint8Array = new Uint8Array()
    for (;;) {
      const chunk = this.pipe.receive()
      answer(chunk)
      const bytes = Buffer.concat([rest, chunk])
      let at = 0
      while (bytes.length - at >= 5 && bytes.length - at >= 1 + bytes.readUInt32BE(at + 1)) {
        const end = at + 1 + bytes.readUInt32BE(at + 1)
        if (bytes[at] === 0x5a && end === bytes.length) return
        at = end
      }
      rest = bytes.subarray(at)
    }
  }
}

function framed(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
