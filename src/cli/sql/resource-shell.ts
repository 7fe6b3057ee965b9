import { LandfallError } from '../../lib/error.ts'
import type { OpAnswers } from '../../ops/contract.ts'
import type { Context } from '../context.ts'
import { become, programOf, psqlEnv } from './other-clients.ts'

/** A person's or a script's session with a resource: the client that the machine has, else a small one of ours. */
export async function resourceShell(
  context: Context,
  { resource, type, url, isReadonly }: OpAnswers['resource-login'],
  sql: string | undefined,
): Promise<number> {
  if (type === 'redis') return redisShell(resource, url)
  if (type !== 'postgres') {
    throw new LandfallError({ code: 'E_NO_LOGIN', message: `there is no shell for ${resource}, which is of type ${type}` })
  }
  const psql = context.isJson ? undefined : programOf('psql')
  const isTalk = sql === undefined && process.stdin.isTTY === true && !context.isJson
  if (isReadonly && (isTalk || context.err.look.columns !== undefined))
    context.err.say(`${resource}: for reading; --write asks for more`)
  if (psql) {
    const args = isTalk ? [] : ['--no-psqlrc', '--set', 'ON_ERROR_STOP=1', ...(sql === undefined ? [] : ['--command', sql])]
    return become(psql, args, psqlEnv(url, isReadonly))
  }
  const { openSql } = await import('./sql-client.ts')
  const { carryOut, talk } = await import('./talk.ts')
  const client = await openSql(url, isReadonly)
  try {
    return isTalk ? await talk(context, client, resource, isReadonly) : await carryOut(context, client, sql)
  } finally {
    await client.end()
  }
}

function redisShell(resource: string, url: string): Promise<number> {
  const program = programOf('redis-cli') ?? programOf('valkey-cli')
  if (!program) {
    throw new LandfallError({
      code: 'E_NO_CLIENT',
      message: `neither redis-cli nor valkey-cli is on this machine, and ${resource} needs one of them`,
      hint: 'apt-get install redis-tools',
    })
  }
  const { hostname, port, username, password, pathname, protocol } = new URL(url)
  const args = ['-h', hostname, '-p', port || '6379', '-n', pathname.slice(1) || '0']
  if (username) args.push('--user', decodeURIComponent(username))
  if (protocol === 'rediss:') args.push('--tls')
  return become(program, args, { REDISCLI_AUTH: decodeURIComponent(password) })
}
