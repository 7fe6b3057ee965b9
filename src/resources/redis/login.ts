import { LandfallError } from '../../lib/error.ts'
import { session } from './session.ts'

/** One attempt, as an app logs in. While what was kept is being read, the server answers with an error that says so. */
export async function login(values: Record<string, string>, signal: AbortSignal): Promise<void> {
  const { host = '', port = '', password = '' } = values
  const [answer] = await session({ host, port: Number(port), password }, [['PING']], signal)
  if (answer === 'PONG') return
  throw new LandfallError({
    code: 'E_LOGIN',
    message: `the server at ${host}:${port} answered PING with ${JSON.stringify(answer)}`,
  })
}
