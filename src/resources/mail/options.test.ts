import { expect, test } from 'vitest'
import type { Value } from '../../model/value.ts'
import mail from './index.ts'

const aMail = (options: Record<string, unknown> = {}) => ({ name: 'mail', type: 'mail', options })
const findings = (options: Record<string, unknown>) => mail.check(aMail(options)).map(({ code, at }) => `${code} ${at}`)
const parts = { host: 'smtp.example.com', port: 587, user: 'postmaster@example.com', password: { env: 'SMTP_PASSWORD' } }

test('right options have no findings', () => {
  const rights = [
    {},
    { from: 'hello@example.com', startEmpty: true },
    { from: 'Jürgen of Flick <hello@flick.example>' },
    { from: '"Flick, Inc." <hello@flick.example>' },
    { from: { env: 'SMTP_FROM' }, relay: { env: 'SMTP_URL' } },
    { relay: parts },
    {
      relay: {
        host: { env: 'SMTP_HOST' },
        port: { env: 'SMTP_PORT' },
        user: { env: 'SMTP_USER' },
        password: { env: 'SMTP_PASSWORD' },
      },
    },
  ]
  for (const options of rights) expect(findings(options), JSON.stringify(options)).toEqual([])
})

test.each<[Record<string, unknown>, string]>([
  [{ from: 'hello' }, 'E_EMAIL from'],
  [{ from: 'a@x.com\r\nBcc: b@x.com' }, 'E_EMAIL from'],
  [{ from: 'a@x.com,b@y.com' }, 'E_EMAIL from'],
  [{ from: 'A <a@x.com>, B <b@x.com>' }, 'E_EMAIL from'],
  [{ from: `${'a'.repeat(400)}@x.com` }, 'E_EMAIL from'],
  [{ from: '' }, 'E_EMAIL from'],
  [{ from: 7 }, 'E_EMAIL from'],
  [{ from: { env: 'A B' } }, 'E_EMAIL from'],
  [{ relay: 'smtp://user:password@host' }, 'E_TYPE relay'],
  [{ relay: { env: 'SMTP_URL', port: 1 } }, 'E_TYPE relay'],
  [{ relay: {} }, 'E_MISSING relay'],
  [{ relay: { ...parts, password: undefined } }, 'E_MISSING relay'],
  [{ relay: { ...parts, password: 'hunter2' } }, 'E_TYPE relay.password'],
  [{ relay: { ...parts, port: 70_000 } }, 'E_TYPE relay.port'],
  [{ relay: { ...parts, host: 'a b' } }, 'E_TYPE relay.host'],
  [{ relay: { ...parts, secure: true } }, 'E_UNKNOWN_KEY relay.secure'],
  [{ form: 'a@b.c' }, 'E_UNKNOWN_KEY form'],
])('%j gives %s', (options, finding) => {
  expect(findings(options)).toEqual([finding])
})

test('a password that stands in the manifest is not repeated', () => {
  const said = JSON.stringify([
    mail.check(aMail({ relay: { ...parts, password: 'hunter2' } })),
    mail.check(aMail({ relay: 'smtp://u:hunter2@h' })),
  ])
  expect(said).not.toContain('hunter2')
})

test('a protected environment is told that nothing is delivered, unless there is a relay', () => {
  const production = { name: 'production', isProtected: true }
  const said = (options: Record<string, unknown>) => mail.check(aMail(options), production)
  expect(said({})).toEqual([
    {
      level: 'warning',
      code: 'W_CAPTURED_MAIL',
      at: '',
      message: 'production is protected, and mail is captured: no message leaves this machine',
      hint: 'name the relay that delivers it: `relay: { env: SMTP_URL }`',
    },
  ])
  expect(said({ relay: { env: 'SMTP_URL' } })).toEqual([])
  expect(mail.check(aMail(), { name: 'staging', isProtected: false })).toEqual([])
})

test('captured, it becomes one server with a volume of its own, and no secret reaches its command', () => {
  const { components, volumes, secrets } = mail.expand(aMail())
  expect(components).toHaveLength(1)
  expect(components[0]).toMatchObject({
    name: 'mail',
    resource: 'mail',
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
    mounts: [{ volume: 'mail-messages', writers: 'one' }],
  })
  expect(volumes).toEqual([{ name: 'mail-messages', runsAs: 'server' }])
  expect(secrets).toEqual([{ name: 'mail.password', kind: 'password', length: 32 }])
  expect(components[0]!.command!.every((v: Value) => v.type === 'text')).toBe(true)
})

test('outputs of a captured mailbox are all there, and say who sends', () => {
  for (const field of mail.outputs)
    expect(JSON.parse(JSON.stringify(mail.output(aMail(), field)))).toEqual(mail.output(aMail(), field))
  expect(mail.output(aMail(), 'from')).toEqual({ type: 'text', text: 'mail@landfall.localhost' })
  expect(mail.output(aMail({ from: 'a@b.c' }), 'from')).toEqual({ type: 'text', text: 'a@b.c' })
  expect(mail.output(aMail({ from: { env: 'SMTP_FROM' } }), 'from')).toEqual({ type: 'stored', name: 'SMTP_FROM', secret: false })
  expect(() => mail.output(aMail(), 'constructor')).toThrowError(expect.objectContaining({ code: 'E_OUTPUT' }))
})

test('outputs of a relay are what was given, and nothing runs here', () => {
  const byUrl = aMail({ relay: { env: 'SMTP_URL' } })
  expect(mail.expand(byUrl)).toEqual({
    components: [],
    provision: [],
    volumes: [],
    secrets: [],
    variables: [{ name: 'SMTP_URL', isRequired: true, isSecret: true, about: 'address of the relay of mail' }],
  })
  expect(mail.output(byUrl, 'url')).toEqual({ type: 'stored', name: 'SMTP_URL', secret: true })
  const url = { type: 'stored', name: 'SMTP_URL', secret: true }
  expect(mail.output(byUrl, 'host')).toEqual({ type: 'url-part', url, part: 'host' })
  expect(mail.output(byUrl, 'port')).toEqual({ type: 'url-part', url, part: 'port', default: '587' })
  expect(() => mail.output(byUrl, 'other')).toThrowError(
    expect.objectContaining({ code: 'E_OUTPUT', hint: 'outputs here: host, port, user, password, url' }),
  )
  expect(() => mail.output(byUrl, 'from')).toThrowError(
    expect.objectContaining({ hint: 'write `from: hello@example.com` under mail' }),
  )
  const byParts = aMail({ relay: parts })
  expect(mail.output(byParts, 'password')).toEqual({ type: 'stored', name: 'SMTP_PASSWORD', secret: true })
  expect([mail.output(byParts, 'host'), mail.output(byParts, 'port')]).toEqual([
    { type: 'text', text: 'smtp.example.com' },
    { type: 'text', text: '587' },
  ])
  expect(mail.output(byParts, 'url')).toMatchObject({
    type: 'join',
    parts: [{ text: 'smtp://' }, { type: 'url-text' }, { text: ':' }, { type: 'url-text' }, { text: '@' }, {}, { text: ':' }, {}],
  })
  const secure = mail.output(aMail({ relay: { ...parts, port: 465 } }), 'url')
  expect(secure).toMatchObject({ parts: expect.arrayContaining([{ type: 'text', text: 'smtps://' }]) })
})

test('captured messages are data; a relay keeps none, and may take over at any time', () => {
  expect(mail.data?.(aMail())).toEqual({ type: 'mailbox', version: '1' })
  expect(mail.data?.(aMail({ relay: { env: 'SMTP_URL' } }))).toBeUndefined()
})
