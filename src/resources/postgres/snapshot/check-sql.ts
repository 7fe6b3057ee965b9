import { LandfallError } from '../../../lib/error.ts'
import { plain, readSql, type SqlItem } from './sql-items.ts'

const TAIL = 4096

/**
 * Reads a plain SQL file to its end before anything of it runs: E_BACKUP_UNSAFE, with the line, for what would run programs or
 * read files of the machine; E_BACKUP_TRUNCATED where a dump lacks the line that pg_dump writes last.
 */
export async function checkSql(source: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  let head = ''
  let tail = Buffer.alloc(0)
  let bytes = 0
  async function* watched() {
    for await (const chunk of source) {
      bytes += chunk.length
      if (head.length < TAIL) head += Buffer.from(chunk.subarray(0, TAIL)).toString('latin1')
      tail = Buffer.concat([tail, chunk.subarray(-TAIL)]).subarray(-TAIL)
      yield chunk
    }
  }
  let statements = 0
  try {
    for await (const item of readSql(watched())) {
      statements += 1
      refuseUnsafe(item, file)
      if (item.type === 'copy') for await (const _ of item.data);
    }
  } catch (error) {
    if (!(error instanceof LandfallError) || !error.at?.startsWith('line ')) throw error
    throw new LandfallError({
      code: error.code,
      message: error.message,
      at: `${file}:${error.at.replace('line ', '')}`,
      hint: AGAIN,
    })
  }
  if (bytes === 0 || statements === 0) {
    throw new LandfallError({
      code: 'E_BACKUP_INVALID',
      at: file,
      message: bytes === 0 ? 'the file is empty' : 'there is no SQL in it',
    })
  }
  const isDump = /^-- PostgreSQL database (cluster )?dump$/m.test(head)
  if (isDump && !/^-- PostgreSQL database (cluster )?dump complete$/m.test(tail.toString('latin1'))) {
    throw new LandfallError({
      code: 'E_BACKUP_TRUNCATED',
      at: file,
      message: 'the file was cut off: the line that pg_dump writes last is missing',
      hint: AGAIN,
    })
  }
}
const AGAIN = 'make the dump again, and look at the exit code of pg_dump and at the size of the file'

/** psql would run or read these; we have no psql, and do neither. */
export function refuseUnsafe(item: SqlItem, file: string): void {
  const unsafe = (what: string) =>
    new LandfallError({
      code: 'E_BACKUP_UNSAFE',
      at: `${file}:${item.line}`,
      message: `${what}: a backup must not reach beyond its database; nothing of it was run`,
      hint: 'take that line out if you know what it is for, or make the dump again with pg_dump and no other options',
    })
  if (item.type === 'meta') {
    if (/^\\(un)?restrict\s+\S+$/.test(item.text)) return
    throw unsafe(`the psql command ${item.text.slice(0, 60)}`)
  }
  const words = plain(item.text)
  if (/^copy\b[\s\S]*\b(from|to)\s+program\b/i.test(words)) throw unsafe('COPY … PROGRAM runs a program')
  if (/^copy\b[\s\S]*\b(from|to)\s+''/i.test(words)) throw unsafe('COPY with a file of the server')
}
