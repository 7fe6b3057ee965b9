import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Piece } from './blobs.ts'
import type { Algorithm } from './checksums.ts'

export interface StoredObject {
  key: string
  size: number
  etag: string
  /** Milliseconds since the epoch. */
  modified: number
  headers: Record<string, string>
  checksum?: StoredChecksum
  pieces: Piece[]
}
export interface StoredChecksum {
  algorithm: Algorithm
  /** Of an upload in parts it is one over the parts' own, and ends in `-<parts>`. */
  value: string
}
export interface Upload {
  id: string
  key: string
  started: number
  headers: Record<string, string>
}
export interface Part {
  number: number
  size: number
  etag: string
  modified: number
  checksum?: StoredChecksum
  piece: Piece
}

/** Which keys there are, and what they are made of. Each change is whole, and on the disk when the call returns. */
export class Catalog {
  private readonly db: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()

  constructor(file: string) {
    this.db = new DatabaseSync(file)
    this.db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
      create table if not exists objects (key text primary key, size integer not null, etag text not null,
        modified integer not null, headers text not null, checksum text, pieces text not null) without rowid, strict;
      create table if not exists uploads (id text primary key, key text not null, started integer not null,
        headers text not null) without rowid, strict;
      create index if not exists uploads_by_key on uploads (key, id);
      create table if not exists parts (upload text not null, number integer not null, size integer not null, etag text not null,
        modified integer not null, checksum text, piece text not null, primary key (upload, number)) without rowid, strict;`)
  }

  close(): void {
    this.db.close()
  }

  object(key: string): StoredObject | undefined {
    return this.get('select * from objects where key = ?', [key]).map(objectOf)[0]
  }

  /** In the order of their bytes, from `from` on (`isAfter`: behind it), below `below`. */
  objects(range: { from: string; isAfter: boolean; below?: string; limit: number }): StoredObject[] {
    const { from, isAfter, below, limit } = range
    const start = isAfter ? 'key > ?' : 'key >= ?'
    if (below === undefined)
      return this.get(`select * from objects where ${start} order by key limit ?`, [from, limit]).map(objectOf)
    return this.get(`select * from objects where ${start} and key < ? order by key limit ?`, [from, below, limit]).map(objectOf)
  }

  /** Keys under a prefix that were last written before that moment. */
  olderThan(moment: number, prefix: string, limit: number): string[] {
    const sql = 'select key from objects where key >= ? and substr(key, 1, length(?)) = ? and modified < ? order by key limit ?'
    return this.get(sql, [prefix, prefix, prefix, moment, limit]).map((row) => String(row.key))
  }

  /** Returns the pieces that nothing needs any more. */
  put(o: StoredObject): Piece[] {
    const old = this.object(o.key)?.pieces ?? []
    this.run(
      'insert or replace into objects (key, size, etag, modified, headers, checksum, pieces) values (?, ?, ?, ?, ?, ?, ?)',
      [
        o.key,
        o.size,
        o.etag,
        o.modified,
        JSON.stringify(o.headers),
        o.checksum ? JSON.stringify(o.checksum) : null,
        JSON.stringify(o.pieces),
      ],
    )
    return old
  }

  remove(keys: string[]): Piece[] {
    return this.atOnce(() =>
      keys.flatMap((key) => {
        const pieces = this.object(key)?.pieces ?? []
        this.run('delete from objects where key = ?', [key])
        return pieces
      }),
    )
  }

  begin(upload: Upload): void {
    const { id, key, started, headers } = upload
    this.run('insert into uploads (id, key, started, headers) values (?, ?, ?, ?)', [id, key, started, JSON.stringify(headers)])
  }

  upload(id: string): Upload | undefined {
    return this.get('select * from uploads where id = ?', [id]).map(uploadOf)[0]
  }

  uploads(prefix: string): Upload[] {
    const sql = 'select * from uploads where substr(key, 1, length(?)) = ? order by key, id'
    return this.get(sql, [prefix, prefix]).map(uploadOf)
  }

  putPart(upload: string, part: Part): Piece[] {
    const old = this.get('select * from parts where upload = ? and number = ?', [upload, part.number]).map(partOf)
    this.run(
      'insert or replace into parts (upload, number, size, etag, modified, checksum, piece) values (?, ?, ?, ?, ?, ?, ?)',
      [
        upload,
        part.number,
        part.size,
        part.etag,
        part.modified,
        part.checksum ? JSON.stringify(part.checksum) : null,
        part.piece.id,
      ],
    )
    return old.map((each) => each.piece)
  }

  parts(upload: string): Part[] {
    return this.get('select * from parts where upload = ? order by number', [upload]).map(partOf)
  }

  /** The object appears and the upload is over in one act. Returns what nothing needs any more. */
  complete(upload: string, object: StoredObject): Piece[] {
    return this.atOnce(() => {
      const kept = new Set(object.pieces.map((piece) => piece.id))
      return [...this.put(object), ...this.end(upload)].filter((piece) => !kept.has(piece.id))
    })
  }

  abort(upload: string): Piece[] {
    return this.atOnce(() => this.end(upload))
  }

  /** All pieces that a row names. */
  pieceIds(): Set<string> {
    const ofObjects = this.get('select pieces from objects', []).flatMap((row) => JSON.parse(String(row.pieces)) as Piece[])
    const ofParts = this.get('select piece from parts', []).map((row) => String(row.piece))
    return new Set([...ofObjects.map((piece) => piece.id), ...ofParts])
  }

  private end(upload: string): Piece[] {
    const pieces = this.parts(upload).map((part) => part.piece)
    this.run('delete from parts where upload = ?', [upload])
    this.run('delete from uploads where id = ?', [upload])
    return pieces
  }

  private atOnce<T>(work: () => T): T {
    this.db.exec('begin immediate')
    try {
      const result = work()
      this.db.exec('commit')
      return result
    } catch (error) {
      this.db.exec('rollback')
      throw error
    }
  }
  private get(sql: string, values: SQLInputValue[]): Row[] {
    return this.prepared(sql).all(...values)
  }
  private run(sql: string, values: SQLInputValue[]): void {
    this.prepared(sql).run(...values)
  }
  private prepared(sql: string): StatementSync {
    const known = this.statements.get(sql) ?? this.db.prepare(sql)
    this.statements.set(sql, known)
    return known
  }
}

type Row = Record<string, unknown>
// The casts: only this file writes those columns.
const jsonOf = <T>(value: unknown) => JSON.parse(String(value)) as T
const checksumOf = (value: unknown) => (value === null ? {} : { checksum: jsonOf<StoredChecksum>(value) })

function objectOf(row: Row): StoredObject {
  return {
    key: String(row.key),
    size: Number(row.size),
    etag: String(row.etag),
    modified: Number(row.modified),
    headers: jsonOf(row.headers),
    ...checksumOf(row.checksum),
    pieces: jsonOf(row.pieces),
  }
}
function uploadOf(row: Row): Upload {
  return { id: String(row.id), key: String(row.key), started: Number(row.started), headers: jsonOf(row.headers) }
}
function partOf(row: Row): Part {
  const size = Number(row.size)
  return {
    number: Number(row.number),
    size,
    etag: String(row.etag),
    modified: Number(row.modified),
    ...checksumOf(row.checksum),
    piece: { id: String(row.piece), size },
  }
}
