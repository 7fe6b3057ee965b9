import { randomBytes } from 'node:crypto'
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { expect, test } from 'vitest'
import { generateIdentity, readIdentities, recipientOf } from './keys.ts'
import { decrypt, encrypt } from './stream.ts'

const identity = generateIdentity()
const to = [recipientOf(identity)]

async function* pieces(bytes: Uint8Array, size = 10_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function all(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
const sealed = (bytes: Uint8Array) => all(encrypt(pieces(bytes), to))
const opened = (bytes: Uint8Array, keys = [identity], size?: number) => all(decrypt(pieces(bytes, size), keys))

test.each([0, 1, 65_535, 65_536, 65_537, 200_000])('%i bytes come back as they were', async (length) => {
  const bytes = randomBytes(length)
  expect(await opened(await sealed(bytes))).toEqual(bytes)
  expect(await opened(await sealed(bytes), [generateIdentity(), identity], 7)).toEqual(bytes)
})

test('age opens our files and we open those of age', async () => {
  const bytes = randomBytes(150_000)
  const theirs = new Decrypter()
  theirs.addIdentity(identity)
  expect(Buffer.from(await theirs.decrypt(await sealed(bytes)))).toEqual(bytes)
  const own = await generateX25519Identity()
  expect(recipientOf(own)).toBe(await identityToRecipient(own))
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(own))
  encrypter.addRecipient(to[0]!)
  expect(await opened(await encrypter.encrypt(bytes), [own])).toEqual(bytes)
  expect(await opened(await encrypter.encrypt(bytes))).toEqual(bytes)
})

test('another key opens nothing, and it is said which were given', async () => {
  const other = generateIdentity()
  const error = await opened(await sealed(randomBytes(10)), [other]).catch((e) => e)
  expect(error).toMatchObject({ code: 'E_DECRYPT', detail: `keys given: ${recipientOf(other)}` })
  expect(JSON.stringify(error)).not.toContain('AGE-SECRET')
  await expect(opened(await sealed(randomBytes(10)), [])).rejects.toMatchObject({ code: 'E_DECRYPT' })
})

test('a file that was cut off anywhere never passes for a whole one', async () => {
  const whole = await sealed(randomBytes(200_000))
  for (const length of [3, 60, 200, 230, 60_000, 65_788, 131_340, whole.length - 1]) {
    await expect(opened(whole.subarray(0, length)), String(length)).rejects.toMatchObject({ code: 'E_BACKUP_TRUNCATED' })
  }
  for (let pieces = 1; pieces < 4; pieces++) {
    const header = whole.length - (200_000 + 4 * 16)
    await expect(opened(whole.subarray(0, header + pieces * 65_552)), String(pieces)).rejects.toMatchObject({
      code: 'E_BACKUP_TRUNCATED',
    })
  }
})

test('one bit that flipped is found wherever it lies', async () => {
  const whole = await sealed(randomBytes(200_000))
  for (const at of [30, 60, 100, 150, 190, 220, 10_000, 100_000, whole.length - 1]) {
    const copy = Buffer.from(whole)
    copy[at]! ^= 1
    await expect(opened(copy), String(at)).rejects.toMatchObject({ code: expect.stringMatching(/^E_(DECRYPT|BACKUP_)/) })
  }
})

test('a key file is read with its remarks, and a wrong letter is refused', () => {
  expect(readIdentities(`# made by age\n\n${identity}\n`)).toEqual([identity])
  expect(() => readIdentities('# nothing\n')).toThrowError(expect.objectContaining({ code: 'E_KEY' }))
  expect(() => readIdentities(`${identity.slice(0, -1)}X`)).toThrowError(expect.objectContaining({ code: 'E_KEY' }))
})
