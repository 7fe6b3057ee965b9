import type { Holding, SnapshotCode } from '../../../model/backup.ts'
import { rootLogin } from './logins.ts'
import { dumpSchema } from './schema.ts'
import { columnsOf, extensionsOf, findLosses, rowsOf, SAME_TEXT, sequencesOf, setval, tablesOf } from './tables.ts'
import { literal, name, Wire } from './wire.ts'

/** Bytes of rows that may wait for the definitions before them. */
const AHEAD = 64 * 1024 * 1024

/**
 * Plain SQL as `psql` reads it: definitions, rows by COPY, where the sequences stand, then indexes and keys. Everything is of one
 * moment, while others go on writing.
 */
export const dump: SnapshotCode['dump'] = (from, ctx) => {
  const holding: Holding = { items: {}, values: {}, tools: {} }
  return { stream: write(from, ctx, holding), holding: () => holding }
}

async function* write(
  from: Parameters<SnapshotCode['dump']>[0],
  ctx: Parameters<SnapshotCode['dump']>[1],
  holding: Holding,
): AsyncGenerator<Uint8Array> {
  const login = rootLogin(from)
  const wire = await Wire.open(login, ctx.signal)
  try {
    await wire.query(SAME_TEXT)
    const rows = await wire.query('begin isolation level repeatable read read only; select pg_catalog.pg_export_snapshot()')
    const snapshot = rows[0]?.[0] ?? ''
    holding.tools.postgresql = wire.parameters.server_version ?? ''
    await findLosses(wire, `resources.${from.resource.name}`, ctx)
    const extensions = await extensionsOf(wire)
    for (const e of extensions) holding.values[`extension ${e.name}`] = e.schema
    // All at once: definitions come from sessions of their own, while this one reads rows.
    const [pre, post] = [dumpSchema('pre-data', login, snapshot, ctx), dumpSchema('post-data', login, snapshot, ctx)]
    post.catch(() => {}) // It is waited for below, unless something else fails before.
    const head = pre.then((text) =>
      Buffer.from(`--\n-- PostgreSQL database dump\n--\n\n${extensions.map(extensionText).join('')}${text}\n`),
    )
    yield* headed(head, writeRows(wire, from.resource.name, ctx, holding))
    yield Buffer.from(`\n${await post}\n--\n-- PostgreSQL database dump complete\n--\n`)
  } finally {
    wire.close()
  }
}

/** Every table, then where the sequences stand. */
async function* writeRows(
  wire: Wire,
  resource: string,
  ctx: Parameters<SnapshotCode['dump']>[1],
  holding: Holding,
): AsyncGenerator<Uint8Array> {
  for (const table of await tablesOf(wire)) {
    ctx.say(`${resource}: ${table.name}`)
    if (table.columns.length === 0) {
      for await (const _ of rowsOf(wire, table, holding.items));
      const { count } = holding.items[`table ${table.name}`]!
      if (count > 0) yield Buffer.from(`INSERT INTO ${table.name} SELECT FROM pg_catalog.generate_series(1, ${count});\n\n`)
      continue
    }
    yield Buffer.from(`COPY ${table.name} ${columnsOf(table)} FROM stdin;\n`)
    yield* rowsOf(wire, table, holding.items)
    yield Buffer.from('\\.\n\n')
  }
  for (const { name: sequence, last } of await sequencesOf(wire)) {
    holding.values[`sequence ${sequence}`] = last ?? 'unused'
    if (last !== undefined) yield Buffer.from(setval(sequence, last))
  }
}

/** `head`, then `body`, which is read already while the head is made, as far as memory likes. */
async function* headed(head: Promise<Uint8Array>, body: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isMade = false
  const made = () => (isMade = true)
  head.then(made, made)
  const held: Uint8Array[] = []
  for (let length = 0; !isMade && length < AHEAD; ) {
    const { value, done } = await body.next()
    if (done) break
    held.push(Buffer.from(value))
    length += value.length
  }
  yield await head
  while (held.length > 0) yield held.shift()!
  yield* body
}

function extensionText({ name: extension, schema }: { name: string; schema: string }): string {
  const isUsual = schema === 'public' || schema === 'pg_catalog'
  const make = isUsual
    ? ''
    : `DO $$ BEGIN IF pg_catalog.to_regnamespace(${literal(schema)}) IS NULL THEN CREATE SCHEMA ${name(schema)}; END IF; END $$;\n`
  return `${make}CREATE EXTENSION IF NOT EXISTS ${name(extension)} WITH SCHEMA ${name(schema)};\n`
}
