import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from 'node:crypto'
import { LandfallError } from '../error.ts'
import { fromBech32, toBech32 } from './bech32.ts'

const SECRET_NAME = 'age-secret-key-'
const PUBLIC_NAME = 'age'
// DER in front of 32 raw bytes.
const PRIVATE_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex')
const PUBLIC_HEAD = Buffer.from('302a300506032b656e032100', 'hex')

/** `AGE-SECRET-KEY-1…`: opens what was encrypted to its recipient. */
export function generateIdentity(): string {
  return toBech32(SECRET_NAME, randomBytes(32)).toUpperCase()
}

/** `age1…`: may be known to everybody. */
export function recipientOf(identity: string): string {
  return toBech32(PUBLIC_NAME, publicOf(secretOf(identity)))
}

/** Identities of a key file as age writes it: one a line, `#` begins a remark. */
export function readIdentities(text: string): string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  for (const line of lines) secretOf(line)
  if (lines.length > 0) return lines
  throw new LandfallError({
    code: 'E_KEY',
    message: 'the file holds no key',
    hint: 'a key is a line that begins with AGE-SECRET-KEY-1',
  })
}

export function secretOf(identity: string): Buffer {
  return exactly(32, fromBech32(SECRET_NAME, identity))
}
export function rawRecipient(recipient: string): Buffer {
  return exactly(32, fromBech32(PUBLIC_NAME, recipient))
}
export function publicOf(secret: Buffer): Buffer {
  return createPublicKey(privateKey(secret)).export({ type: 'spki', format: 'der' }).subarray(-32)
}
/** X25519. */
export function sharedOf(secret: Buffer, publicBytes: Buffer): Buffer {
  return diffieHellman({ privateKey: privateKey(secret), publicKey: publicKey(publicBytes) })
}

const privateKey = (raw: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PRIVATE_HEAD, raw]), format: 'der', type: 'pkcs8' })
const publicKey = (raw: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([PUBLIC_HEAD, raw]), format: 'der', type: 'spki' })

function exactly(length: number, bytes: Buffer): Buffer {
  if (bytes.length === length) return bytes
  throw new LandfallError({ code: 'E_KEY', message: `a key has ${length} bytes, this one ${bytes.length}` })
}
