import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BOUNDS, indexFile, messageFile, messagesFolder } from './mailbox-format.ts'
import { listMessages, showMessage } from './read-mailbox.ts'
import { MailStore } from './server/store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailbox-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(text: string, to: string[] = ['x@y.z']) {
  const store = new MailStore(folder, BOUNDS)
  const file = store.incoming()
  writeFileSync(file, text)
  return store.add(file, { at: '2026-01-01T00:00:00Z', from: 'a@b.c', to, user: 'web', sizeBytes: Buffer.byteLength(text) }).id
}

const RICH = [
  'From: =?utf-8?B?SsO8cmdlbg==?= <j@flick.example>',
  'To: x@y.z',
  'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
  'X-Odd: one',
  'X-Odd: two',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b1',
  '',
  '--b1',
  'Content-Type: multipart/alternative; boundary=b2',
  '',
  '--b2',
  'Content-Type: text/plain; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Gr=FC=DFe: https://flick.example/m?t=3D1=20',
  '--b2',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<a href="https://flick.example/m?t=2&amp;u=3">in</a>',
  '--b2--',
  '--b1',
  'Content-Type: application/pdf; name="a.pdf"',
  'Content-Disposition: attachment; filename="a.pdf"',
  'Content-Transfer-Encoding: base64',
  '',
  'JVBERi0=',
  '--b1--',
  '',
].join('\r\n')

test('a message is shown as a person would see it', async () => {
  const id = put(RICH, ['x@y.z', 'blind@y.z'])
  expect(await showMessage(folder, id)).toMatchObject({
    id: 1,
    from: 'a@b.c',
    to: ['x@y.z', 'blind@y.z'],
    user: 'web',
    subject: 'Grüße',
    sender: 'Jürgen <j@flick.example>',
    text: expect.stringContaining('Grüße: https://flick.example/m?t=1'),
    html: expect.stringContaining('<a href='),
    links: ['https://flick.example/m?t=2&u=3', 'https://flick.example/m?t=1'],
    attachments: [{ name: 'a.pdf', type: 'application/pdf', sizeBytes: 5 }],
  })
  const { headers } = await showMessage(folder, id)
  expect(headers.filter((h) => h.name === 'X-Odd').map((h) => h.value)).toEqual(['one', 'two'])
})

test('the list is newest first, and can be asked for one recipient, for what came later, and for few', async () => {
  for (let i = 1; i <= 5; i++) put(`Subject: number ${i}\r\n\r\nSubject: not this`, [i % 2 ? 'Odd@y.z' : 'even@y.z'])
  const subjects = async (query = {}) => (await listMessages(folder, query)).map((m) => m.subject)
  expect(await subjects()).toEqual(['number 5', 'number 4', 'number 3', 'number 2', 'number 1'])
  expect(await subjects({ to: 'odd@Y.z' })).toEqual(['number 5', 'number 3', 'number 1'])
  expect(await subjects({ after: 3 })).toEqual(['number 5', 'number 4'])
  expect(await subjects({ limit: 1 })).toEqual(['number 5'])
})

test('an empty mailbox is an empty list, and a message that is not there is named', async () => {
  expect(await listMessages(join(folder, 'not-yet'))).toEqual([])
  await expect(showMessage(folder, 3)).rejects.toMatchObject({ code: 'E_UNKNOWN_MESSAGE', message: 'there is no message 3' })
})

test('what is no mail at all is shown as it is', async () => {
  const id = put('\u0000\u001b]0;x\u0007 just bytes \ud83d')
  expect(await showMessage(folder, id)).toMatchObject({ id, subject: '' })
  expect(await showMessage(folder, put(''))).toMatchObject({ text: '', links: [] })
})

test('parts in parts without end do not end the reader', async () => {
  const depth = 2000
  const open = Array.from({ length: depth }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(
    '',
  )
  const id = put(`Subject: deep\r\n${open}\r\nhello`)
  expect((await showMessage(folder, id)).text).toContain('hello')
  expect(await listMessages(folder)).toHaveLength(1)
})

test('nothing is read through a link that somebody put there', async () => {
  const id = put('Subject: mine\r\n\r\nmine')
  const secret = join(folder, 'secret')
  writeFileSync(secret, 'Subject: theirs\r\n\r\ntheirs')
  for (const link of [symlinkSync, linkSync]) {
    rmSync(messageFile(folder, id))
    link(secret, messageFile(folder, id))
    expect(await listMessages(folder)).toEqual([])
    await expect(showMessage(folder, id)).rejects.toMatchObject({ code: 'E_UNKNOWN_MESSAGE' })
  }
  rmSync(messagesFolder(folder), { recursive: true })
  mkdirSync(join(folder, 'elsewhere'))
  writeFileSync(join(folder, 'elsewhere', `${id}.eml`), 'Subject: theirs\r\n\r\ntheirs')
  symlinkSync('elsewhere', messagesFolder(folder))
  expect(await listMessages(folder)).toEqual([])
  renameSync(indexFile(folder), join(folder, 'other'))
  symlinkSync('other', indexFile(folder))
  expect(await listMessages(folder)).toEqual([])
})
