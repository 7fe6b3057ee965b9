import { createInterface } from 'node:readline/promises'
import { text as textOf } from 'node:stream/consumers'
import { LandfallError } from '../../lib/error.ts'
import type { Context } from '../context.ts'
import { renderError } from '../render/error.ts'
import { HELP, statementOf } from './describe.ts'
import { printResult } from './print-result.ts'
import { isEmpty, splitSql } from './split-sql.ts'
import type { SqlClient } from './sql-client.ts'

/** Statements from `-c` or from a pipe, one after the other; the first that fails ends it. `--json`: one document. */
export async function carryOut(context: Context, client: SqlClient, given: string | undefined): Promise<number> {
  const { statements, rest } = splitSql(given ?? (await textOf(process.stdin)))
  if (!isEmpty(rest)) statements.push(rest.trim())
  const documents = []
  for (const sql of statements) {
    if (/^copy\b[\s\S]*\b(from\s+stdin|to\s+stdout)\b/i.test(sql)) throw noCopy()
    const { sql: plain, values } = sql.startsWith('\\') ? known(sql) : { sql, values: undefined }
    if (context.isJson) documents.push(await client.rows(plain, values))
    else context.out.write(printResult(await client.query(plain, values)))
  }
  if (context.isJson) context.out.say(JSON.stringify(documents, null, 2))
  return 0
}

/** A person at a terminal: reads until `\q` or the end of input; what fails is said, and the session goes on. */
export async function talk(context: Context, client: SqlClient, name: string, isReadonly: boolean): Promise<number> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: true })
  const prompt = `${name}${isReadonly ? ' (read-only)' : ''}`
  context.out.write(`A small SQL shell, since psql is not on this machine. \\? for help, \\q to leave.\n`)
  let open = ''
  lines.on('SIGINT', () => {
    open = ''
    context.out.write('\n')
    lines.prompt()
  })
  const show = async (work: () => Promise<string>) => {
    try {
      context.out.write(await work())
    } catch (error) {
      if (!(error instanceof LandfallError)) throw error
      context.err.say(renderError(error, context.err.look))
    }
  }
  lines.setPrompt(`${prompt}=> `)
  lines.prompt()
  for await (const line of lines) {
    const word = line.trim()
    if (word === '\\q' || word === 'exit' || word === 'quit') break
    if (word === '\\?') context.out.write(HELP)
    else if (open === '' && word.startsWith('\\'))
      await show(async () => {
        const { sql, values } = known(word)
        return printResult(await client.query(sql, values))
      })
    else {
      const { statements, rest } = splitSql(`${open}${line}\n`)
      open = isEmpty(rest) ? '' : rest
      for (const sql of statements) await show(async () => printResult(await client.query(sql)))
    }
    lines.setPrompt(`${prompt}${open ? '->' : '=>'} `)
    lines.prompt()
  }
  lines.close()
  return 0
}

/** The statement behind a backslash command. */
function known(line: string): NonNullable<ReturnType<typeof statementOf>> {
  const statement = statementOf(line)
  if (statement) return statement
  throw new LandfallError({
    code: 'E_SQL',
    message: `there is no command ${line.split(/\s/)[0]} here`,
    hint: '\\dt, \\d <table>, \\du, \\dx, \\q; psql has more',
  })
}

function noCopy(): LandfallError {
  return new LandfallError({
    code: 'E_SQL',
    message: 'COPY from and to a pipe needs psql',
    hint: 'apt-get install postgresql-client',
  })
}
