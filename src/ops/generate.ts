import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { EnvEntry } from '../model/app.ts'

/** Letters and digits that survive every URL, shell and YAML file, without those that look alike. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A fresh value. `length` counts bytes for `hex` and `base64`, characters for `password`. */
export function generateValue({ kind, length }: NonNullable<EnvEntry['generate']>): string {
  switch (kind) {
    case 'hex':
      return randomBytes(length).toString('hex')
    case 'base64':
      return randomBytes(length).toString('base64')
    case 'uuid':
      return randomUUID()
    case 'password':
      return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  }
}
