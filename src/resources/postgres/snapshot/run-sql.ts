import { codeOf, LandfallError } from '../../../lib/error.ts'
import { refuseUnsafe } from './check-sql.ts'
import { plain, readSql } from './sql-items.ts'
import type { Wire } from './wire.ts'

/** Who owns what and who may what, in dumps of elsewhere: roles that are not here, or acts of a superuser. */
const RIGHTS = /^(alter\s[\s\S]*\sowner\s+to\s|alter\s+default\s+privileges\s|grant\s|revoke\s|comment\s+on\s+extension\s)/i

/** Carries out a plain SQL file, one statement after the other. The first error ends it, with the line. */
export async function runSql(
  wire: Wire,
  source: AsyncIterable<Uint8Array>,
  file: string,
  say: (line: string) => void,
): Promise<void> {
  for await (const item of readSql(source, false)) {
    refuseUnsafe(item, file)
    try {
      if (item.type === 'copy') await wire.copyIn(item.text, item.data)
      else if (item.type === 'statement') await wire.query(item.text)
    } catch (error) {
      if (!(error instanceof LandfallError) || error.code !== 'E_SQL') throw error
      // Settings that a newer pg_dump knows and this server does not: they are for speed and patience.
      if (item.type === 'statement' && /^set \w+ = /i.test(plain(item.text)) && error.message.endsWith('(42704)')) continue
      // All of it belongs to the app here, whoever it belonged to there.
      if (item.type === 'statement' && RIGHTS.test(plain(item.text)) && /\((42704|42501)\)$/.test(error.message)) {
        say(`${file}:${item.line}: left out, ${error.message}`)
        continue
      }
      throw new LandfallError({
        code: 'E_RESTORE',
        message: error.message,
        at: `${file}:${item.line}`,
        ...(error.detail && { detail: error.detail }),
        cause: error,
      })
    }
  }
}

export const isSqlError = (error: unknown, state: string): boolean =>
  codeOf(error) === 'E_SQL' && error instanceof Error && error.message.endsWith(`(${state})`)
