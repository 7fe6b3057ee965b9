import { connect } from 'node:net'
import { codeOf, LandfallError } from '../../lib/error.ts'
import { encode } from './encode.ts'
import { readReply } from './reply.ts'

export interface Address {
  host: string
  port: number
  password: string
}

const IDLE_MS = 5000

/** Logs in, sends the commands, and resolves with their answers. Never tells the password. */
export function session(to: Address, commands: string[][], signal: AbortSignal): Promise<(string | null)[]> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const wanted = [['AUTH', to.password], ...commands]
    const answers: (string | null)[] = []
    let rest: Buffer = Buffer.alloc(0)
    const socket = connect({ host: to.host, port: to.port, signal })
    const fail = (reason: string, cause?: unknown) => {
      socket.destroy()
      reject(
        new LandfallError({
          code: 'E_LOGIN',
          message: `could not work with Redis at ${to.host}:${to.port}: ${reason}`,
          ...(codeOf(cause) && { detail: codeOf(cause) }),
          cause,
        }),
      )
    }
    socket.setTimeout(IDLE_MS, () => fail(`no answer within ${IDLE_MS / 1000} s`))
    socket.on('error', (error) => fail(error.message, error))
    socket.on('close', () => fail('the connection was closed'))
    socket.on('connect', () => socket.write(wanted.map(encode).join('')))
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const reply = readReply(rest)
        if (reply === undefined) return
        if (reply.type === 'error') return fail(reply.text)
        rest = rest.subarray(reply.bytes)
        answers.push(reply.text)
        if (answers.length < wanted.length) continue
        socket.removeAllListeners('close')
        socket.end()
        return resolve(answers.slice(1))
      }
    })
  })
}
