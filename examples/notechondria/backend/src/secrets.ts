import { createHash, createHmac, randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto'

// Cost 2^15: 32 MB and about 0.1 s for each guess.
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

/** Keys that we made ourselves are too long to be guessed, so one round is enough. */
export const digest = (text: string) => createHash('sha256').update(text).digest('hex')
export const sign = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('base64url')
export const randomHex = (length: number) => randomBytes(length / 2).toString('hex')
/** Six digits, for people to type. */
export const randomCode = () => String(randomInt(1_000_000)).padStart(6, '0')

export function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** `scrypt$<salt>$<key>` */
export async function hashPassword(password: string, salt = randomBytes(16)): Promise<string> {
  const key = await new Promise<Buffer>((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, COST, (error, made) => (error ? reject(error) : resolve(made)))
  })
  return `scrypt$${salt.toString('base64url')}$${key.toString('base64url')}`
}

/** Takes as long where there is no such account, so that nobody learns from the time who has one. */
export async function isPassword(password: string, stored: string | null | undefined): Promise<boolean> {
  const salt = stored?.split('$')[1]
  const made = await hashPassword(password, salt ? Buffer.from(salt, 'base64url') : undefined)
  return stored ? isSame(made, stored) : false
}
