import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { codeOf, LandfallError } from '../../lib/error.ts'
import { encode } from './encode.ts'
import { readReply } from './reply.ts'

const IDLE_MS = 5_000

/** One attempt to get in as the app does, at the address that it has: `redis://` or `rediss://`, with or without a name. */
export function loginByUrl(url: string, signal: AbortSignal): Promise<void> {
  const { protocol, hostname, port, username, password } = new URL(url)
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) }
  const words = [username, password].filter((word) => word !== '').map(decodeURIComponent)
  const commands = [...(password === '' ? [] : [['AUTH', ...words]]), ['PING']]
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = protocol === 'rediss:' ? connectTls({ ...to, servername: to.host }) : connect(to)
    let answers = 0
    let rest: Buffer = Buffer.alloc(0)
    const end = () => socket.destroy(new Error('no answer in time'))
    const fail = (reason: string, isRefused = false, cause?: unknown) => {
      signal.removeEventListener('abort', end)
      socket.destroy()
      reject(
        new LandfallError({
          code: isRefused ? 'E_CREDENTIALS' : 'E_LOGIN',
          message: `could not work with Redis at ${to.host}:${to.port}: ${reason}`,
          ...(codeOf(cause) && { detail: codeOf(cause) }),
          ...(isRefused && { hint: 'set the right address: landfall env set' }),
          cause,
        }),
      )
    }
    signal.addEventListener('abort', end, { once: true })
    socket.setTimeout(IDLE_MS, () => fail(`no answer within ${IDLE_MS / 1000} s`))
    socket.on('error', (error) => fail(error.message || (codeOf(error) ?? 'it broke off'), false, error))
    socket.on('close', () => fail('the connection was closed'))
    socket.on(protocol === 'rediss:' ? 'secureConnect' : 'connect', () => socket.write(commands.map(encode).join('')))
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (let reply = readReply(rest); reply !== undefined; reply = readReply(rest)) {
        rest = rest.subarray(reply.bytes)
        if (reply.type === 'error') return fail(reply.text, /^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/.test(reply.text))
        answers += 1
        if (answers < commands.length) continue
        signal.removeEventListener('abort', end)
        socket.removeAllListeners('close')
        socket.end()
        return resolve()
      }
    })
  })
}
