import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { LandfallError } from '../error.ts'
import { derive, notAge, openHeader, writeHeader } from './header.ts'

// The payload: pieces of 64 KiB, each with its number in the nonce, the last one marked as such. A file that was cut off, or whose
// pieces were moved, does not open.
const PIECE = 65_536
const TAG_BYTES = 16
const SEALED = PIECE + TAG_BYTES
const HEADER_LIMIT = 65_536
const TAG = { authTagLength: TAG_BYTES }

type Bytes = AsyncIterable<Uint8Array>

/** As age does it (age-encryption.org/v1, X25519): `age -d` opens it. */
export async function* encrypt(source: Bytes, recipients: string[]): AsyncGenerator<Buffer> {
  const fileKey = randomBytes(16)
  const salt = randomBytes(16)
  yield Buffer.concat([writeHeader(fileKey, recipients), salt])
  const key = derive(fileKey, salt, 'payload')
  const seal = (piece: Uint8Array, number: number, isLast: boolean, into: Buffer, at: number): void => {
    const cipher = createCipheriv('chacha20-poly1305', key, nonceOf(number, isLast), TAG)
    into.set(cipher.update(piece), at)
    cipher.final() // Gives no bytes: it is a stream cipher.
    into.set(cipher.getAuthTag(), at + piece.length)
  }
  let number = 0
  // At least one byte is always held back: only at the end is it known which piece is the last.
  const held = Buffer.allocUnsafeSlow(PIECE)
  let length = 0
  for await (const chunk of source) {
    // All of its pieces in one: each that is passed on by itself costs as much as it takes to encrypt it.
    const out = Buffer.allocUnsafeSlow(Math.max(Math.ceil((length + chunk.length) / PIECE) - 1, 0) * SEALED)
    let to = 0
    for (let at = 0; at < chunk.length; ) {
      if (length === PIECE || (length === 0 && chunk.length - at > PIECE)) {
        const piece = length === PIECE ? held : chunk.subarray(at, at + PIECE)
        if (length === 0) at += PIECE
        length = 0
        seal(piece, number++, false, out, to)
        to += SEALED
        continue
      }
      const end = Math.min(at + PIECE - length, chunk.length)
      held.set(chunk.subarray(at, end), length)
      length += end - at
      at = end
    }
    if (to > 0) yield out
  }
  const last = Buffer.allocUnsafeSlow(length + TAG_BYTES)
  seal(held.subarray(0, length), number, true, last, 0)
  yield last
}

/** E_DECRYPT for a wrong key, E_BACKUP_TRUNCATED where the end is missing, E_BACKUP_INVALID where bytes were altered. */
export async function* decrypt(source: Bytes, identities: string[]): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    const { header, rest } = await readHeader(iterator)
    const fileKey = openHeader(header, identities)
    const payload = after(rest, iterator)
    let key: Buffer | undefined
    let number = 0
    for await (const { piece, isLast } of inPieces(
      withoutSalt(payload, (salt) => (key = derive(fileKey, salt, 'payload'))),
      SEALED,
    )) {
      yield open(key!, piece, number++, isLast)
    }
  } finally {
    await iterator.return?.()
  }
}

function open(key: Buffer, piece: Buffer, number: number, isLast: boolean): Buffer {
  if (piece.length < TAG_BYTES) throw truncated()
  try {
    return unseal(key, piece, nonceOf(number, isLast))
  } catch (cause) {
    // The last piece that is there opens as one from the middle: what came after it is missing.
    if (isLast && opens(key, piece, nonceOf(number, false))) throw truncated()
    const isCut = isLast && piece.length < SEALED
    throw new LandfallError({
      code: isCut ? 'E_BACKUP_TRUNCATED' : 'E_BACKUP_INVALID',
      message: isCut ? 'the end is missing, or bytes near it were altered' : `bytes were altered near byte ${number * PIECE}`,
      cause,
    })
  }
}

function unseal(key: Buffer, piece: Buffer, nonce: Buffer): Buffer {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, TAG)
  decipher.setAuthTag(piece.subarray(-TAG_BYTES))
  const plain = decipher.update(piece.subarray(0, -TAG_BYTES))
  decipher.final()
  return plain
}

function opens(key: Buffer, piece: Buffer, nonce: Buffer): boolean {
  try {
    unseal(key, piece, nonce)
    return true
  } catch {
    return false
  }
}

const truncated = () => new LandfallError({ code: 'E_BACKUP_TRUNCATED', message: 'the end of the file is missing' })

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(number, 5, 6)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

/** Pieces of exactly `size` bytes; the last may be shorter, and is only empty where everything is. */
async function* inPieces(source: Bytes, size: number): AsyncGenerator<{ piece: Buffer; isLast: boolean }> {
  let waiting: Uint8Array[] = []
  let length = 0
  for await (const chunk of source) {
    waiting.push(chunk)
    length += chunk.length
    if (length <= size) continue
    const all = Buffer.concat(waiting)
    let at = 0
    for (; all.length - at > size; at += size) yield { piece: all.subarray(at, at + size), isLast: false }
    waiting = [all.subarray(at)]
    length = all.length - at
  }
  yield { piece: Buffer.concat(waiting), isLast: true }
}

async function readHeader(from: AsyncIterator<Uint8Array>): Promise<{ header: string; rest: Buffer }> {
  let all = Buffer.alloc(0)
  for (;;) {
    const end = /\n--- [A-Za-z0-9+/]{43}\n/.exec(all.toString('latin1', 0, HEADER_LIMIT))
    if (end) {
      const length = end.index + end[0].length
      return { header: all.toString('latin1', 0, length), rest: all.subarray(length) }
    }
    const next = await from.next()
    if (all.length > HEADER_LIMIT || (next.done && !isStartOfAge(all))) throw notAge()
    if (next.done) throw truncated()
    all = Buffer.concat([all, next.value])
  }
}

/** Also of a file that was cut off within its first words. */
function isStartOfAge(bytes: Buffer): boolean {
  const magic = 'age-encryption.org/v1\n'
  const text = bytes.toString('latin1', 0, magic.length)
  return magic.startsWith(text)
}

async function* after(first: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

async function* withoutSalt(source: Bytes, tell: (salt: Buffer) => void): AsyncGenerator<Uint8Array> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of source) {
    if (!head) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < 16) continue
    tell(head.subarray(0, 16))
    const rest = head.subarray(16)
    head = undefined
    yield rest
  }
  if (head) throw truncated()
}
