import { join } from 'node:path'
import pg from 'pg'
import { isVerifierOf, scramVerifier } from './scram.ts'
import { READER, SUPERUSER } from './server-files.ts'
import { type Address, session } from './session.ts'

/** Sessions for reading at once: a report must not take the app's. */
const READERS = 10

/**
 * One attempt: first makes sure, through the server's socket, that the app's role has this password and the database these
 * extensions; then logs in as the app does, over TCP with the password. Only the second says that the server is ready.
 */
export async function login(values: Record<string, string>, signal: AbortSignal): Promise<void> {
  const app: Address = {
    host: values.host ?? '',
    port: Number(values.port),
    user: values.user ?? '',
    password: values.password ?? '',
    database: values.database ?? '',
  }
  const root = { ...app, host: join(values.folder ?? '', 'socket'), user: SUPERUSER, password: '' }
  const extensions = (values.extensions ?? '').split(',').filter(Boolean)
  await session(root, signal, async (client) => {
    // Neither the hash nor anything else of ours is to be seen in the log, also where a statement fails.
    await client.query(`set log_min_error_statement = panic; set log_statement = none`)
    await setPassword(client, app)
    if (values.readonlyPassword) await makeReader(client, { ...app, user: READER, password: values.readonlyPassword })
    await addExtensions(client, extensions)
  })
  await session(app, signal, (client) => client.query('select 1'))
}

async function setPassword(client: pg.Client, app: Address): Promise<void> {
  const found = await client.query<{ rolpassword: string | null }>('select rolpassword from pg_authid where rolname = $1', [
    app.user,
  ])
  if (isVerifierOf(found.rows[0]?.rolpassword ?? '', app.password)) return
  const verifier = pg.escapeLiteral(scramVerifier(app.password))
  await client.query(`alter role ${pg.escapeIdentifier(app.user)} login password ${verifier}`)
}

/**
 * The role for reading: owns nothing, may write nothing, and begins every transaction read-only. Made here and not in the template,
 * so that clusters of before have it too, and a database that was restored beside the old one.
 */
async function makeReader(client: pg.Client, reader: Address): Promise<void> {
  const role = pg.escapeIdentifier(reader.user)
  const database = pg.escapeIdentifier(reader.database)
  const found = await client.query<{ isThere: boolean; mayEnter: boolean | null }>(
    `select r.oid is not null as "isThere", has_database_privilege(r.oid, $2, 'connect') as "mayEnter"
     from (select 1) one left join pg_roles r on r.rolname = $1`,
    [reader.user, reader.database],
  )
  const { isThere, mayEnter } = found.rows[0] ?? { isThere: false, mayEnter: false }
  if (!isThere) await client.query(`create role ${role} login connection limit ${READERS} in role pg_read_all_data`)
  if (!isThere) await client.query(`alter role ${role} set default_transaction_read_only = on`)
  if (!mayEnter) await client.query(`grant connect on database ${database} to ${role}`)
  await setPassword(client, reader)
}

async function addExtensions(client: pg.Client, wanted: string[]): Promise<void> {
  if (wanted.length === 0) return
  const found = await client.query<{ extname: string }>('select extname from pg_extension')
  const there = new Set(found.rows.map((row) => row.extname))
  for (const name of wanted.filter((n) => !there.has(n))) {
    await client.query(`create extension if not exists ${pg.escapeIdentifier(name)} cascade`)
  }
}
