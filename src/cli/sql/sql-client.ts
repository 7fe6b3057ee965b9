import pg from 'pg'
import { codeOf, LandfallError } from '../../lib/error.ts'
import type { SqlResult } from './print-result.ts'

/** One session, which ends with the command. */
export interface SqlClient {
  /** One statement. With `values` as its parameters; `isTyped`: numbers and JSON as such, not as text. */
  query(sql: string, values?: string[]): Promise<SqlResult>
  /** Rows as a program wants them. */
  rows(sql: string, values?: string[]): Promise<{ command: string; rowCount: number | null; rows: Record<string, unknown>[] }>
  end(): Promise<void>
}

const AS_TEXT = { getTypeParser: () => (value: unknown) => value }
const CONNECT_MS = 10_000

export async function openSql(url: string, isReadonly: boolean): Promise<SqlClient> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'landfall exec',
    ...(isReadonly && { options: '-c default_transaction_read_only=on' }),
  })
  client.on('error', () => {}) // The query that is under way says it.
  try {
    await client.connect()
  } catch (error) {
    throw new LandfallError({
      code: 'E_LOGIN',
      message: `could not log in: ${error instanceof Error ? error.message : String(error)}`,
      ...(codeOf(error) && { detail: codeOf(error) }),
      hint: 'landfall ps',
      cause: error,
    })
  }
  const guarded = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw sqlError(sql, error)
    }
  }
  return {
    query: (sql, values) =>
      guarded(sql, async () => {
        const answer = await client.query<(string | null)[]>({
          text: sql,
          values: values ?? [],
          rowMode: 'array',
          types: AS_TEXT,
        })
        const { command, rowCount, fields, rows } = answer
        return { command: command ?? '', rowCount, fields, rows }
      }),
    rows: (sql, values) =>
      guarded(sql, async () => {
        const { command, rowCount, rows } = await client.query<Record<string, unknown>>(sql, values)
        return { command: command ?? '', rowCount, rows }
      }),
    end: () => client.end().catch(() => {}),
  }
}

/** With the place in the statement, as the server tells it. */
function sqlError(sql: string, error: unknown): LandfallError {
  const { message, code, position, hint } = error as Error & { code?: string; position?: string; hint?: string } // pg's own shape
  const line = position ? sql.slice(0, Number(position) - 1).split('\n').length : undefined
  const text = sql.split('\n')[(line ?? 1) - 1]?.trim()
  return new LandfallError({
    code: 'E_SQL',
    message,
    detail: [code && `SQLSTATE ${code}`, line && `line ${line}: ${text}`].filter(Boolean).join(', '),
    ...(code === '25006' || code === '42501'
      ? { hint: hint ?? 'this session only reads; `--write` asks for one that may write' }
      : hint && { hint }),
    cause: error,
  })
}
