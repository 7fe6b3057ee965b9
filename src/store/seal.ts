import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../lib/atomic.ts'
import { LandfallError } from '../lib/error.ts'
import { failpoint } from '../lib/failpoint.ts'

/** Encrypts and opens stored values: AES-256-GCM, bound to `place` so that a row cannot stand in for another. */
export interface Cipher {
  close(text: string, place: string): Uint8Array
  open(sealed: Uint8Array, place: string): string
}
/** With the key of the home. While that is missing or wrong, `close` and `open` throw E_SECRETS_KEY; it may be put back at any time. */
export interface Seal extends Cipher {
  problem(): LandfallError | undefined
  /** First digits of the key's digest: tells keys apart and gives nothing away. Throws while there is a problem. */
  keyId(): string
  key(): Buffer
  /** Writes the key file anew: what was lost came back. */
  restore(key: Buffer): void
  /**
   * A new key. `reseal` moves every value to it in one transaction, in which it also records the new key's id. Both keys are in
   * the file around that moment, so that a death at any instant leaves a store that opens.
   */
  rotate(next: Buffer, reseal: (from: Cipher, to: Cipher, id: string) => void): void
}
/** What the store itself knows of its key. */
export interface KeyRecord {
  /** Id of the key that the values are sealed with; undefined where none was recorded yet. */
  id(): string | undefined
  remember(id: string): void
  /** A sealed value with its place, to try a key on. */
  sample(): { sealed: Uint8Array; place: string } | undefined
}

const KEY_BYTES = 32

export function openSeal(home: string, record: KeyRecord): Seal {
  const path = join(home, 'secrets.key')
  let current: { key: Buffer; cipher: Cipher } | undefined
  let problem: LandfallError | undefined
  const load = () => {
    try {
      const key = loadKey(path, record)
      current = { key, cipher: cipherOf(key) }
      problem = undefined
    } catch (error) {
      if (!(error instanceof LandfallError)) throw error
      problem = error
    }
  }
  load()
  const ready = () => {
    // Somebody may have put the file back: nothing has to be started anew for that.
    if (problem) load()
    if (problem || !current) throw problem
    return current
  }
  return {
    problem() {
      if (problem) load()
      return problem
    },
    keyId: () => keyIdOf(ready().key),
    key: () => ready().key,
    close: (text, place) => ready().cipher.close(text, place),
    open: (sealed, place) => ready().cipher.open(sealed, place),
    restore(given) {
      writeAtomic(path, line(given))
      load()
    },
    rotate(next, reseal) {
      const before = ready()
      const after = { key: next, cipher: cipherOf(next) }
      writeAtomic(path, line(before.key) + line(next))
      failpoint('seal:both')
      try {
        reseal(before.cipher, after.cipher, keyIdOf(next))
      } catch (error) {
        writeAtomic(path, line(before.key))
        throw error
      }
      current = after
      failpoint('seal:resealed')
      writeAtomic(path, line(next))
      failpoint('seal:done')
    },
  }
}

export const newKey = (): Buffer => randomBytes(KEY_BYTES)

export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('landfall secrets key').update(key).digest('hex').slice(0, 8)
}

/** The key is made once, 0600; one that is missing while values exist is an error, never a new key. */
function loadKey(path: string, record: KeyRecord): Buffer {
  const wanted = record.id()
  const sample = record.sample()
  if (!existsSync(path)) {
    if (wanted !== undefined && sample) throw missing(path, wanted)
    const made = newKey()
    writeAtomic(path, line(made))
    record.remember(keyIdOf(made))
    return made
  }
  const mode = statSync(path).mode & 0o777
  if (mode & 0o077) {
    throw new LandfallError({
      code: 'E_SECRETS_KEY',
      message: `${path} can be read by others (mode ${mode.toString(8)})`,
      hint: `chmod 600 ${path}`,
    })
  }
  const keys = readKeys(path)
  const found = keys.find((k) => (wanted === undefined ? !sample || opens(k, sample) : keyIdOf(k) === wanted))
  if (!found) {
    // A store without values has nothing to lose by another key.
    if (!sample && keys[0]) {
      record.remember(keyIdOf(keys[0]))
      return keys[0]
    }
    throw wrong(path, keys, wanted)
  }
  if (wanted === undefined) record.remember(keyIdOf(found))
  // A change of keys was cut off: the store says which of the two counts.
  if (keys.length > 1) writeAtomic(path, line(found))
  return found
}

function readKeys(path: string): Buffer[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  if (lines.length <= 2 && lines.every((text) => /^[0-9a-f]{64}$/.test(text)))
    return lines.map((text) => Buffer.from(text, 'hex'))
  throw new LandfallError({
    code: 'E_SECRETS_KEY',
    message: `${path} does not hold a ${KEY_BYTES} byte key`,
    hint: WAYS_BACK,
  })
}

const WAYS_BACK = 'put the right file back, or make it anew: landfall env recovery-key --restore'

function missing(path: string, wanted: string): LandfallError {
  return new LandfallError({
    code: 'E_SECRETS_KEY',
    message: `${path} is missing (key ${wanted}), and without it the stored values cannot be read`,
    hint: `${WAYS_BACK}; apps that run go on, nothing can be released until then`,
  })
}

function wrong(path: string, keys: Buffer[], wanted: string | undefined): LandfallError {
  const given = keys.map(keyIdOf).join(', ')
  return new LandfallError({
    code: 'E_SECRETS_KEY',
    message: `${path} holds key ${given}, and the stored values were sealed with ${wanted ?? 'another one'}`,
    hint: `${WAYS_BACK}; apps that run go on, nothing can be released until then`,
  })
}

function opens(key: Buffer, { sealed, place }: { sealed: Uint8Array; place: string }): boolean {
  try {
    cipherOf(key).open(sealed, place)
    return true
  } catch {
    return false // E_DECRYPT: the answer that was asked for.
  }
}

const line = (key: Buffer) => `${key.toString('hex')}\n`

function cipherOf(bytes: Buffer): Cipher {
  // Taking the bytes in anew for each value would cost more than all the rest.
  const key = createSecretKey(bytes)
  return {
    close(text, place) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, place) {
      const all = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, all.subarray(0, 12)).setAAD(Buffer.from(place))
        decipher.setAuthTag(all.subarray(-16))
        return Buffer.concat([decipher.update(all.subarray(12, -16)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new LandfallError({
          code: 'E_DECRYPT',
          message: `the stored value ${place} does not open with key ${keyIdOf(bytes)}: it was altered, or sealed with another`,
          hint: 'set it anew: landfall env set',
          cause,
        })
      }
    },
  }
}
