import { LandfallError } from '../../../lib/error.ts'
import type { Holding, SnapshotCode, SnapshotTarget } from '../../../model/backup.ts'
import { appLogin, openAdmin, rootLogin } from './logins.ts'
import { isSqlError, runSql } from './run-sql.ts'
import { extensionsOf, rowsOf, SAME_TEXT, sequencesOf, tablesOf } from './tables.ts'
import { literal, name, Wire } from './wire.ts'

/** Into a database of its own on the same server, as the app's role: what is in the backup can do no more than the app. */
export const restore: SnapshotCode['restore'] = async (into, place, from, ctx) => {
  const app = appLogin(into)
  const root = rootLogin(into)
  const admin = await openAdmin(into, ctx.signal)
  try {
    await admin.query(`drop database if exists ${name(place)} with (force)`)
    const owner = root.user === app.user ? '' : ` owner ${name(app.user)}`
    await admin.query(`create database ${name(place)}${owner} template template0 encoding 'UTF8'`).catch((error: unknown) => {
      if (!isSqlError(error, '42501')) throw error
      throw new LandfallError({
        code: 'E_TARGET',
        at: `resources.${into.resource.name}`,
        message: `${root.user} may not create databases on this server, and a restore goes into a new one`,
        hint: `as its administrator: alter role ${name(root.user)} createdb`,
        cause: error,
      })
    })
    if (owner !== '') await admin.query(`revoke all on database ${name(place)} from public`)
  } finally {
    admin.close()
  }
  if (root.user !== app.user) await provide(into, place, ctx.signal)
  const wire = await Wire.open({ ...app, database: place }, ctx.signal)
  try {
    // What waits for somebody in a database that nobody else knows waits for ever.
    await wire.query(`set lock_timeout = '60s'; set synchronous_commit = off`)
    await runSql(wire, from, `${into.resource.name}.sql`, ctx.say)
    await wire.query('set search_path = default; analyze')
  } finally {
    wire.close()
  }
}

/** Extensions that the app's role may not make itself: those that the live database has. */
async function provide(into: SnapshotTarget, place: string, signal: AbortSignal): Promise<void> {
  const live = await Wire.open(rootLogin(into), signal)
  const wanted = await extensionsOf(live).finally(() => live.close())
  const declared = (into.values.extensions ?? '').split(',').filter(Boolean)
  const fresh = await Wire.open({ ...rootLogin(into), database: place }, signal)
  try {
    for (const e of wanted) {
      const schema = e.schema === 'public' || e.schema === 'pg_catalog' ? '' : ` with schema ${name(e.schema)}`
      if (schema !== '')
        await fresh.query(`create schema if not exists ${name(e.schema)} authorization ${name(appLogin(into).user)}`)
      await fresh.query(`create extension if not exists ${name(e.name)}${schema} cascade`)
    }
    for (const extension of declared) await fresh.query(`create extension if not exists ${name(extension)} cascade`)
  } finally {
    fresh.close()
  }
}

/** Every row is read once more: what counts is what the database gives, not what was sent to it. */
export const inspect: SnapshotCode['inspect'] = async (at, place, ctx) => {
  const holding: Holding = { items: {}, values: {}, tools: {} }
  const login = rootLogin(at)
  const wire = await Wire.open({ ...login, database: place ?? login.database }, ctx.signal)
  try {
    await wire.query(SAME_TEXT)
    await wire.query('begin isolation level repeatable read read only')
    holding.tools.postgresql = wire.parameters.server_version ?? ''
    for (const e of await extensionsOf(wire)) holding.values[`extension ${e.name}`] = e.schema
    for (const table of await tablesOf(wire)) for await (const _ of rowsOf(wire, table, holding.items));
    for (const { name: sequence, last } of await sequencesOf(wire)) holding.values[`sequence ${sequence}`] = last ?? 'unused'
  } finally {
    wire.close()
  }
  return holding
}

export const oldOf = (place: string): string => `${place}_old`

/** Both names change in one act: there is no moment without a database, and none with the wrong one. */
export const swap: SnapshotCode['swap'] = (at, place, ctx) => exchange(at, place, oldOf(place), ctx.signal)
export const swapBack: SnapshotCode['swapBack'] = (at, place, ctx) => exchange(at, oldOf(place), place, ctx.signal)

async function exchange(at: SnapshotTarget, from: string, aside: string, signal: AbortSignal): Promise<void> {
  const live = appLogin(at).database
  const admin = await openAdmin(at, signal)
  try {
    const there = new Set((await admin.query('select datname from pg_catalog.pg_database')).map(([text]) => text))
    // Done already, by an attempt whose end nobody saw.
    if (!there.has(from)) return
    for (const database of [live, from]) {
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = ${literal(database)} and pid <> pg_backend_pid()`,
      )
    }
    const rights = await rightsOf(admin, live)
    await admin.query(
      `begin; alter database ${name(live)} rename to ${name(aside)}; alter database ${name(from)} rename to ${name(live)};
       ${rights.map((sql) => `${sql};`).join(' ')} commit`,
    )
  } finally {
    admin.close()
  }
}

/** Who may connect, and settings of the database: they belong to the name, not to the rows. */
async function rightsOf(admin: Wire, live: string): Promise<string[]> {
  const grants = await admin.query(`select r.rolname, a.privilege_type from pg_catalog.pg_database d,
    pg_catalog.aclexplode(d.datacl) a join pg_catalog.pg_roles r on r.oid = a.grantee
    where d.datname = ${literal(live)} and a.grantee <> d.datdba`)
  const settings = await admin.query(`select unnest(s.setconfig) from pg_catalog.pg_db_role_setting s
    join pg_catalog.pg_database d on d.oid = s.setdatabase where d.datname = ${literal(live)} and s.setrole = 0`)
  return [
    ...grants.map(([role, right]) => `grant ${right} on database ${name(live)} to ${name(role ?? '')}`),
    ...settings.map(([text]) => {
      const [key = '', ...value] = (text ?? '').split('=')
      return `alter database ${name(live)} set ${name(key)} = ${literal(value.join('='))}`
    }),
  ]
}

export const drop: SnapshotCode['drop'] = async (at, place, which, ctx) => {
  const admin = await openAdmin(at, ctx.signal)
  try {
    await admin.query(`drop database if exists ${name(which === 'old' ? oldOf(place) : place)} with (force)`)
  } finally {
    admin.close()
  }
}
