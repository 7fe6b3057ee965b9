import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

/** What PostgreSQL keeps instead of a password; made here, so that the password itself never is in a statement or a log. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(prepare(password), salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}

export function isVerifierOf(verifier: string, password: string): boolean {
  const match = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$/.exec(verifier)
  if (!match) return false
  const wanted = Buffer.from(scramVerifier(password, Buffer.from(match[2]!, 'base64'), Number(match[1])))
  const given = Buffer.from(verifier)
  return wanted.length === given.length && timingSafeEqual(wanted, given)
}

/** SASLprep as PostgreSQL and its clients do it: other spaces become a space, invisible marks go, then NFKC. */
function prepare(password: string): string {
  const spaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g
  const nothing = /\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/g
  return password.replace(spaces, ' ').replace(nothing, '').normalize('NFKC')
}
