import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { LandfallError } from '../error.ts'
import { publicOf, rawRecipient, recipientOf, secretOf, sharedOf } from './keys.ts'

const FIRST_LINE = 'age-encryption.org/v1'
const STANZA_INFO = 'age-encryption.org/v1/X25519'
const NONCE = Buffer.alloc(12)
const TAG = { authTagLength: 16 }

export const derive = (key: Uint8Array, salt: Uint8Array, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, info, 32))
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')

/** The text before the payload: the file's key, wrapped for each recipient. */
export function writeHeader(fileKey: Buffer, recipients: string[]): Buffer {
  const stanzas = recipients.map((recipient) => {
    const to = rawRecipient(recipient)
    const secret = randomBytes(32)
    const share = publicOf(secret)
    const wrap = derive(sharedOf(secret, to), Buffer.concat([share, to]), STANZA_INFO)
    const cipher = createCipheriv('chacha20-poly1305', wrap, NONCE, TAG)
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
    return `-> X25519 ${base64(share)}\n${base64(body)}\n`
  })
  const text = `${FIRST_LINE}\n${stanzas.join('')}---`
  return Buffer.from(`${text} ${base64(macOf(fileKey, text))}\n`)
}

/** The file's key, by the first identity that opens a stanza; E_DECRYPT says which keys were given. */
export function openHeader(header: string, identities: string[]): Buffer {
  const end = header.lastIndexOf('\n---')
  const text = header.slice(0, end + 4)
  const mac = Buffer.from(header.slice(end + 5).trim(), 'base64')
  const stanzas = [...text.matchAll(/\n-> X25519 ([A-Za-z0-9+/]{43})\n([A-Za-z0-9+/]{43})(?=\n)/g)]
  if (!header.startsWith(`${FIRST_LINE}\n`) || end < 0) throw notAge()
  for (const identity of identities) {
    const secret = secretOf(identity)
    const own = publicOf(secret)
    for (const [, share = '', body = ''] of stanzas) {
      const fileKey = unwrap(secret, own, Buffer.from(share, 'base64'), Buffer.from(body, 'base64'))
      if (!fileKey) continue
      const wanted = macOf(fileKey, text)
      if (mac.length === wanted.length && timingSafeEqual(mac, wanted)) return fileKey
      throw new LandfallError({ code: 'E_DECRYPT', message: 'the header was altered after it was written' })
    }
  }
  const given = identities.map(recipientOf)
  throw new LandfallError({
    code: 'E_DECRYPT',
    message: 'none of the keys that are here opens it',
    detail: given.length === 0 ? 'no key was given' : `keys given: ${given.join(', ')}`,
    hint: 'give the file with the right key: --identity <file>',
  })
}

function unwrap(secret: Buffer, own: Buffer, share: Buffer, body: Buffer): Buffer | undefined {
  try {
    const wrap = derive(sharedOf(secret, share), Buffer.concat([share, own]), STANZA_INFO)
    const decipher = createDecipheriv('chacha20-poly1305', wrap, NONCE, TAG)
    decipher.setAuthTag(body.subarray(16))
    return Buffer.concat([decipher.update(body.subarray(0, 16)), decipher.final()])
  } catch {
    return undefined // Meant for another key: the next stanza may be ours.
  }
}

const macOf = (fileKey: Buffer, text: string) =>
  createHmac('sha256', derive(fileKey, Buffer.alloc(0), 'header'))
    .update(text)
    .digest()

export function notAge(): LandfallError {
  return new LandfallError({ code: 'E_BACKUP_INVALID', message: 'this is no file that age encrypted' })
}
