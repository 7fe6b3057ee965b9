import { once } from 'node:events'
import { createServer } from 'node:net'

/** A mail server that takes everything and gives nothing on: enough of SMTP for one library. */
export async function startMailbox() {
  const mails: { to: string; text: string }[] = []
  const server = createServer((socket) => {
    let to = ''
    let text: string | undefined
    let rest = ''
    socket.setEncoding('utf8').write('220 here\r\n')
    socket.on('error', () => {}) // Whoever sends may go at any time.
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (text !== undefined && line !== '.') text += `${line}\n`
        else if (text !== undefined) {
          mails.push({ to, text })
          text = undefined
          socket.write('250 taken\r\n')
        } else if (line === 'DATA') {
          text = ''
          socket.write('354 go on\r\n')
        } else if (line === 'QUIT') socket.end('221 bye\r\n')
        else {
          to = /^RCPT TO:<(.*)>/.exec(line)?.[1] ?? to
          socket.write('250 ok\r\n')
        }
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    mails,
    /** The code in the last mail to somebody; it has arrived when the request that sent it is answered. */
    async code(email: string): Promise<string> {
      const last = mails.findLast(({ to }) => to === email)
      const code = /^(\d{6}) /m.exec(last?.text ?? '')?.[1]
      if (!code) throw new Error(`there is no code for ${email}`)
      return code
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
