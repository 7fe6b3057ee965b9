import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { LandfallError } from '../lib/error.ts'

/** Encrypts and opens stored values: AES-256-GCM, bound to `place` so that a row cannot stand in for another. */
export interface Seal {
  close(text: string, place: string): Uint8Array
  open(sealed: Uint8Array, place: string): string
}

/** The key is made once, 0600; one that is missing while values exist is an error, never a new key. */
export function openSeal(home: string, hasValues: boolean): Seal {
  const path = join(home, 'secrets.key')
  if (!existsSync(path)) {
    if (hasValues) {
      throw new LandfallError({
        code: 'E_SECRETS_KEY',
        message: `${path} is missing, and without it the stored values cannot be read`,
        hint: 'put the key file back; apps that run go on, nothing can be released until then',
      })
    }
    const file = openSync(path, 'wx', 0o600)
    writeSync(file, `${randomBytes(32).toString('hex')}\n`)
    closeSync(file)
  }
  const mode = statSync(path).mode & 0o777
  if (mode & 0o077) {
    throw new LandfallError({
      code: 'E_SECRETS_KEY',
      message: `${path} can be read by others (mode ${mode.toString(8)})`,
      hint: `chmod 600 ${path}`,
    })
  }
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex')
  if (key.length !== 32)
    throw new LandfallError({
      code: 'E_SECRETS_KEY',
      message: `${path} does not hold a 32 byte key`,
      hint: 'put the right key file back',
    })
  return {
    close(text, place) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed)
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(place))
        decipher.setAuthTag(bytes.subarray(-16))
        return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new LandfallError({
          code: 'E_DECRYPT',
          message: `the stored value ${place} cannot be read with this key`,
          hint: `put the right ${path} back`,
          cause,
        })
      }
    },
  }
}
