import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface Letter {
  to: string
  text: string
}

/** A mail server that takes everything and keeps it: as much SMTP as that needs. */
export async function startRelay(): Promise<{ port: number; letters: Letter[]; next(): Promise<Letter>; close(): void }> {
  const letters: Letter[] = []
  const waiting: ((letter: Letter) => void)[] = []
  const take = (letter: Letter) => {
    letters.push(letter)
    waiting.shift()?.(letter)
  }
  const server = createServer((socket) => void talk(socket, take))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    letters,
    /** The next one that comes. */
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => server.close(),
  }
}

async function talk(socket: Socket, take: (letter: Letter) => void): Promise<void> {
  socket.on('error', () => {})
  const say = (line: string) => socket.write(`${line}\r\n`)
  let to = ''
  let data: string[] | undefined
  say('220 relay')
  for await (const line of createInterface(socket)) {
    if (data) {
      if (line !== '.') {
        data.push(line)
        continue
      }
      take({ to, text: decode(data.join('\n')) })
      data = undefined
      say('250 taken')
    } else if (/^RCPT TO:/i.test(line)) {
      to = /<(.*)>/.exec(line)?.[1] ?? ''
      say('250 ok')
    } else if (/^DATA/i.test(line)) {
      data = []
      say('354 go on')
    } else if (/^QUIT/i.test(line)) {
      say('221 bye')
      socket.end()
    } else say('250 ok')
  }
}

/** Lines that were broken for the way are whole again. */
function decode(text: string): string {
  return text
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

export function linkIn({ text }: Letter): URL {
  const link = /https?:\/\/\S+\/auth\/verify\?token=[\w-]+/.exec(text)?.[0]
  if (!link) throw new Error(`no link in:\n${text}`)
  return new URL(link)
}
