import type { SqlStep } from '../model/app.ts'
import type { StepResult, Walk } from './walk.ts'

const CONNECT_MS = 5_000
const STATEMENT_MS = 5_000
/** A check counts or looks; it does not fetch a table. */
const MOST_ROWS = 1_000_000

/** One query in a transaction that cannot write, with time limits on everything. */
export async function runSql(walk: Walk, step: SqlStep): Promise<StepResult> {
  const request = `sql on ${step.resource}`
  const resource = walk.resources.find((r) => r.name === step.resource)
  if (!resource) return { request, because: `${step.resource} is not on record with this release` }
  const address = await walk.deps.database(walk.scope, resource, walk.release)
  try {
    return { request, ...judge(step, await ask(walk, address, step.query)) }
  } catch (error) {
    return { request, because: `${placeOf(address)}: ${reasonOf(error)}` }
  }
}

async function ask(walk: Walk, address: string, query: string): Promise<unknown[][]> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    connectionString: address,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS + 1_000,
    application_name: 'landfall check',
  })
  // Without a listener, a server that goes away in the middle would end our process.
  client.on('error', () => {})
  const cut = () => client.connection.stream.destroy(new Error('cancelled'))
  walk.signal.addEventListener('abort', cut, { once: true })
  try {
    await client.connect()
    await client.query(
      `begin transaction read only; set local statement_timeout = ${STATEMENT_MS}; set local lock_timeout = 2000`,
    )
    // With parameters, if none: the server then takes one statement alone, and no `commit; drop …`.
    const { rows } = await client.query<unknown[]>({ text: query, values: [], rowMode: 'array', queryMode: 'extended' } as never)
    return rows
  } finally {
    walk.signal.removeEventListener('abort', cut)
    client.end().catch(() => {}) // What is to be said about a broken connection has been said.
  }
}

function judge({ expect }: SqlStep, rows: unknown[][]): { because?: string } {
  if (rows.length > MOST_ROWS) return { because: `${rows.length} rows came` }
  if (expect.rows !== undefined && rows.length !== expect.rows)
    return { because: `${rows.length} rows came, expected ${expect.rows}` }
  const asksValue = expect.value !== undefined || expect.min !== undefined || expect.max !== undefined
  if (!asksValue) return expect.rows === undefined && rows.length === 0 ? { because: 'no row came' } : {}
  const [first] = rows
  if (!first) return { because: 'no row came' }
  const [value] = first
  if (expect.value !== undefined && String(value) !== String(expect.value)) {
    return { because: `it is ${show(value)}, expected ${show(expect.value)}` }
  }
  const number = Number(value)
  if (expect.min !== undefined && !(number >= expect.min))
    return { because: `it is ${show(value)}, expected at least ${expect.min}` }
  if (expect.max !== undefined && !(number <= expect.max))
    return { because: `it is ${show(value)}, expected at most ${expect.max}` }
  return {}
}

const show = (value: unknown) => String(value).slice(0, 80)

/** `127.0.0.1:19500`: where it was, and nothing that is a secret. */
function placeOf(address: string): string {
  if (!URL.canParse(address)) return 'the database'
  const { hostname, port } = new URL(address)
  return `${hostname}:${port || 5432}`
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error && error.message ? error.message : String(error)
}
