import type { DatabaseSync } from 'node:sqlite'
import { generateIdentity, readIdentities, recipientOf } from '../lib/age/keys.ts'
import { decrypt, encrypt } from '../lib/age/stream.ts'
import { LandfallError } from '../lib/error.ts'
import { failpoint } from '../lib/failpoint.ts'
import { type KeyRecord, keyIdOf, newKey, type Seal } from './seal.ts'

/** The key of the stored values, and the way back when its file is lost. */
export interface Keys {
  /** E_SECRETS_KEY while the key is missing or wrong: nothing may be released then. */
  problem(): LandfallError | undefined
  refuseWithout(): void
  id(): string
  /** All versions of all values are sealed anew, or none. */
  rotate(): Promise<{ from: string; to: string; values: number }>
  /** A recovery key, told this once. The one before opens nothing any more. */
  makeRecovery(at: number): Promise<string>
  /** Whose public half everything is sealed to that must come back without this machine; undefined where nobody made one. */
  recovery(): { recipient: string; madeAt: number } | undefined
  /** Makes secrets.key anew. E_DECRYPT where the recovery key is not the one. */
  restore(recoveryKey: string): Promise<{ id: string }>
}

type Row = { key_id: string; recipient: string | null; sealed: Uint8Array | null; made_at: number | null }

export function openKeyRecord(db: DatabaseSync): KeyRecord {
  const get = db.prepare('select key_id from secrets_key')
  // With another key what was kept for recovery opens nothing of use.
  const set = db.prepare(`insert into secrets_key (one, key_id) values (1, ?)
     on conflict (one) do update set key_id = excluded.key_id, recipient = null, sealed = null, made_at = null
     where key_id <> excluded.key_id`)
  const sample = db.prepare('select app, environment, name, version, sealed from stored where sealed is not null limit 1')
  return {
    id: () => (get.get() as Pick<Row, 'key_id'> | undefined)?.key_id,
    remember: (id) => void set.run(id),
    sample() {
      const row = sample.get() as SealedRow | undefined
      return row && { sealed: row.sealed, place: placeOf(row) }
    },
  }
}

interface SealedRow {
  app: string
  environment: string
  name: string
  version: number
  sealed: Uint8Array
}
/** What a sealed value is bound to. */
export function placeOf(row: Pick<SealedRow, 'app' | 'environment' | 'name' | 'version'>): string {
  return `${row.app}/${row.environment}/${row.name}@${row.version}`
}

/** `refreshCopy` writes the store's copy anew, so that it too opens with the new key. */
export function openKeys(db: DatabaseSync, seal: Seal, refreshCopy: () => void): Keys {
  const get = db.prepare('select key_id, recipient, sealed, made_at from secrets_key')
  const setRecovery = db.prepare('update secrets_key set recipient = ?, sealed = ?, made_at = ?')
  const rows = db.prepare('select app, environment, name, version, sealed from stored where sealed is not null')
  const update = db.prepare('update stored set sealed = ? where app = ? and environment = ? and name = ? and version = ?')
  const setKey = db.prepare('update secrets_key set key_id = ?, sealed = ?')
  const record = () => get.get() as Row | undefined
  const recovery = () => {
    const row = record()
    return row?.recipient && row.made_at !== null ? { recipient: row.recipient, madeAt: row.made_at } : undefined
  }
  return {
    problem: () => seal.problem(),
    refuseWithout() {
      const problem = seal.problem()
      if (problem) throw problem
    },
    id: () => seal.keyId(),
    async rotate() {
      const from = seal.keyId()
      const next = newKey()
      const recipient = recovery()?.recipient
      const forRecovery = recipient === undefined ? null : await sealTo(recipient, next)
      let values = 0
      seal.rotate(next, (before, after, id) => {
        db.exec('begin immediate')
        try {
          for (const row of rows.all() as unknown as SealedRow[]) {
            const place = placeOf(row)
            const sealed = after.close(before.open(row.sealed, place), place)
            update.run(sealed, row.app, row.environment, row.name, row.version)
            values += 1
            failpoint('seal:value')
          }
          setKey.run(id, forRecovery)
          failpoint('seal:before-commit')
          db.exec('commit')
        } catch (error) {
          if (db.isTransaction) db.exec('rollback')
          throw error
        }
        failpoint('seal:committed')
        refreshCopy()
      })
      return { from, to: seal.keyId(), values }
    },
    async makeRecovery(at) {
      const identity = generateIdentity()
      const recipient = recipientOf(identity)
      const key = seal.key()
      setRecovery.run(recipient, await sealTo(recipient, key), at)
      return identity
    },
    recovery,
    async restore(text) {
      const row = record()
      if (!row?.sealed) {
        throw new LandfallError({
          code: 'E_DECRYPT',
          message: 'no recovery key was ever made here, so that none opens anything',
          hint: 'put secrets.key back from wherever it was kept',
        })
      }
      const opened = await openWith(row.sealed, readIdentities(text))
      if (keyIdOf(opened) !== row.key_id) {
        throw new LandfallError({
          code: 'E_DECRYPT',
          message: `the recovery key opens key ${keyIdOf(opened)}, not ${row.key_id}`,
        })
      }
      seal.restore(opened)
      return { id: row.key_id }
    },
  }
}

async function sealTo(recipient: string, key: Buffer): Promise<Buffer> {
  return all(encrypt(once(key), [recipient]))
}

function openWith(sealed: Uint8Array, identities: string[]): Promise<Buffer> {
  return all(decrypt(once(sealed), identities))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}
