import { createHash, timingSafeEqual } from 'node:crypto'
import { SMTPServer } from 'smtp-server'
import { BOUNDS, type Bounds } from '../mailbox-format.ts'
import { receive, replying } from './receive.ts'
import { MailStore } from './store.ts'

export interface MailServerOptions {
  folder: string
  port: number
  password: string
  bounds?: Bounds
  say(line: string): void
}

/** A mailbox that takes every message for everybody and gives none on. Resolves, once it listens, with what ends it. */
export async function startMailServer({ folder, port, password, bounds = BOUNDS, say }: MailServerOptions) {
  const store = new MailStore(folder, bounds)
  const isPassword = matcher(password)
  const server = new SMTPServer({
    name: 'landfall',
    banner: 'captured: nothing leaves this machine',
    logger: false,
    // Loopback: nothing to hide from, and no name to look up.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    authMethods: ['PLAIN', 'LOGIN'],
    size: bounds.messageBytes,
    rejectOversized: true,
    maxRecipients: bounds.recipients,
    maxClients: 32,
    socketTimeout: 60_000,
    closeTimeout: 5_000,
    onAuth({ username = '', password: given }, _session, done) {
      // Any name: it says which component sent a message.
      if (isPassword(given ?? '') && /^[\w.@+-]{1,64}$/.test(username)) return done(null, { user: username })
      say('a login was refused')
      done(replying(535, 'wrong user or password'))
    },
    onData(stream, session, done) {
      receive(store, stream, session).then(
        ({ id, from, to, user }) => {
          say(`message ${id} of ${user}: ${JSON.stringify(from)} to ${JSON.stringify(to)}`)
          done(null, `kept as ${id}`)
        },
        (error: Error) => {
          say(`a message was refused: ${error.message}`)
          // What the server cannot do now, such as write on a full disk, may be tried again.
          done('responseCode' in error ? error : replying(451, 'could not be kept'))
        },
      )
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  server.removeAllListeners('error')
  server.on('error', () => {}) // Connections that break off: the client has been told, or has gone.
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** Compares digests, so that neither the length nor the first wrong letter can be measured. */
function matcher(password: string): (given: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const wanted = digest(password)
  return (given) => timingSafeEqual(digest(given), wanted)
}
