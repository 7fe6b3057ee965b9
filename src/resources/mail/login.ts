import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { codeOf, LandfallError } from '../../lib/error.ts'

const IDLE_MS = 5000

/** One attempt: logs in over SMTP as an app does, and sends nothing. */
export async function login(values: Record<string, string>, signal: AbortSignal): Promise<void> {
  const { host = '', port = '', user = '', password = '' } = values
  signal.throwIfAborted()
  const socket = connect({ host, port: Number(port), signal })
  socket.setTimeout(IDLE_MS, () => socket.destroy(new Error(`no answer within ${IDLE_MS / 1000} s`)))
  let broken: Error | undefined
  socket.on('error', (error) => {
    broken = error
  })
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const answer = async (wanted: string): Promise<void> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done || typeof value !== 'string') throw broken ?? new Error('the connection was closed')
      // `250-…` goes on, `250 …` ends the answer.
      if (!/^\d{3}( |$)/.test(value)) continue
      if (value.startsWith(wanted)) return
      throw new Error(`it answered ${value.slice(0, 200)}`)
    }
  }
  try {
    await answer('220')
    socket.write('EHLO landfall\r\n')
    await answer('250')
    socket.write(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}\r\n`)
    await answer('235')
    socket.write('QUIT\r\n')
    await answer('221')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new LandfallError({
      code: 'E_LOGIN',
      message: `could not log in to the mail server at ${host}:${port} as ${user}: ${reason}`,
      ...(codeOf(error) && { detail: codeOf(error) }),
      cause: error,
    })
  } finally {
    socket.destroy()
  }
}
