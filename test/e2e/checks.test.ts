import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpAnswers } from '../../src/ops/contract.ts'
import { CHECKS, type Flaw, writeMailingApp } from './a-mailing-app.ts'
import { Machine, until } from './helpers.ts'

const MANUAL = '  - { name: layout, manual: "the front page on a phone" }'
let machine: Machine
let folder: string

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'mailing')
  await writeMailingApp(folder, { more: [...CHECKS, MANUAL] })
  const first = await machine.up(folder)
  expect(first.end?.state, JSON.stringify(first.end)).toBe('done')
})
afterAll(() => machine?.close())

const smoke = (more: string[] = []) => machine.json<OpAnswers['smoke']>(['smoke', ...more], { cwd: folder })
const statesOf = ({ results }: OpAnswers['smoke']) => Object.fromEntries(results.map((r) => [r.name, r.state]))

test('checks of every kind pass on a release before it has traffic, and on what serves', async () => {
  expect(statesOf(await smoke())).toEqual({
    moved: 'passed',
    'moved to': 'passed',
    hello: 'passed',
    token: 'passed',
    'magic link': 'passed',
    layout: 'unsigned',
  })
})

const GATED: [Exclude<Flaw, 'none'>, string, RegExp][] = [
  ['link leads elsewhere', 'magic link', /its link leads to staging\.elsewhere\.example, expected localhost:\d+/],
  ['link is dead', 'magic link', /step 2: status 410, expected 200: .*this link was used/],
  ['socket says nothing', 'hello', /no such message came within 5 s/],
  ['redirects away', 'moved', /status 301 to https:\/\/elsewhere\.example\/, expected 200/],
  ['token is ignored', 'token', /step 2: status 401, expected 200: .*who are you/],
]

test.each(GATED)('a release is refused where the %s, and the old one goes on', async (flaw, name, because) => {
  const serving = (await machine.app()).release
  await writeMailingApp(folder, { flaw, more: [...CHECKS, MANUAL] })
  const { code, end } = await machine.up(folder)
  expect(code).toBe(1)
  expect(end?.error?.code).toBe('E_SMOKE')
  expect(end?.error?.message).toContain(name)
  expect(end?.error?.detail).toMatch(because)
  expect((await machine.app()).release).toBe(serving)
})

test('a mail that never comes fails its check with how long was waited for it', async () => {
  const checks = CHECKS.map((line) => line.replace('mail: { to', 'mail: { within: 1s, to'))
  await writeMailingApp(folder, { flaw: 'no mail', more: checks })
  const { end } = await machine.up(folder)
  expect(end?.error?.detail).toMatch(/magic link: mail to check-\w+@landfall\.example: step 2: no such mail arrived within 1 s/)
  await writeMailingApp(folder, { more: [...CHECKS, MANUAL] })
  expect((await machine.up(folder)).code).toBe(0)
})

test('a manual check is signed for one release by a person, and the next release has to be looked at again', async () => {
  const { release } = await smoke()
  const signed = await machine.json<OpAnswers['smoke-sign']>(['smoke', '--sign', 'layout', '--by', 'Ann'], { cwd: folder })
  expect(signed).toMatchObject({ check: 'layout', release, by: 'Ann' })
  const { results } = await smoke()
  expect(results.find((r) => r.name === 'layout')).toMatchObject({ state: 'passed', signed: { by: 'Ann', release } })
  writeFileSync(join(folder, 'changed.txt'), 'another source, another release')
  expect((await machine.up(folder)).code).toBe(0)
  const next = await smoke()
  expect(next.release).not.toBe(release)
  expect(statesOf(next).layout).toBe('unsigned')
  const wrong = await machine.run(['smoke', '--sign', 'tokn'], { cwd: folder })
  expect(wrong.code).not.toBe(0)
  expect(wrong.stderr).toContain('did you mean `token`?')
  const automatic = await machine.run(['smoke', '--sign', 'token'], { cwd: folder })
  expect(automatic.stderr).toContain('is asked by Landfall itself')
})

test('captured mail is listed and shown as text with its links, and a test mail stays on this machine', async () => {
  const { messages } = await machine.json<OpAnswers['mail-list']>(['mail', 'list'], { cwd: folder })
  expect(messages[0]).toMatchObject({ from: 'hello@mailing.example', subject: 'Sign in to Mailing' })
  const shown = await machine.must(['mail', 'show', String(messages[0]?.id)], { cwd: folder })
  expect(shown.stdout).toContain('Hello & welcome,\n\nsign in')
  expect(shown.stdout).not.toContain('color: red')
  expect(shown.stdout).toMatch(/links\n\s+1 http:\/\/localhost:\d+\/verify\?token=\w+&x=1/)
  const sent = await machine.must(['mail', 'test'], { cwd: folder })
  expect(sent.stdout).toContain('nothing left this machine')
  const newest = await machine.must(['mail', 'show'], { cwd: folder })
  expect(newest.stdout).toContain('Test of mailing/local')
})

test('with a relay a mail check is not run, and says why; a test mail goes to the relay', async () => {
  const received: string[] = []
  const relay = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username }) : done(new Error('Invalid login')),
    onData(stream, session, done) {
      stream.resume().on('end', () => {
        received.push(...session.envelope.rcptTo.map((r) => r.address))
        done(null, 'queued as 7')
      })
    },
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const address = relay.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  try {
    const more = [
      ...CHECKS,
      'environments:',
      `  staging: { env: { RELAY_PASSWORD: { secret: true, required: true } }, resources: { mail: { from: "hello@mailing.example", relay: { host: 127.0.0.1, port: ${port}, user: mailing, password: { env: RELAY_PASSWORD } } } } }`,
    ]
    await writeMailingApp(folder, { more })
    await machine.must(['env', 'set', 'RELAY_PASSWORD=canary-8842', '--env', 'staging'], { cwd: folder })
    const { code, end } = await machine.up(folder, ['--env', 'staging'])
    expect(code, JSON.stringify(end)).toBe(0)
    const { results } = await smoke(['--env', 'staging'])
    expect(results.find((r) => r.name === 'magic link')).toMatchObject({
      state: 'not-run',
      isPassed: false,
      because: expect.stringContaining('relay'),
    })
    expect(received).toEqual([])
    const refused = await machine.run(['mail', 'test', 'ann@mailing.example', '--env', 'staging'], { cwd: folder })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`127.0.0.1:${port}`)
    expect(`${refused.stderr}${refused.stdout}`).not.toContain('canary-8842')
    await machine.must(['env', 'set', 'RELAY_PASSWORD=right', '--env', 'staging'], { cwd: folder })
    expect((await machine.up(folder, ['--env', 'staging'])).code).toBe(0)
    const sent = await machine.must(['mail', 'test', 'ann@mailing.example', '--env', 'staging'], { cwd: folder })
    expect(sent.stdout).toContain('the relay took it: 250 queued as 7')
    expect(received).toEqual(['ann@mailing.example'])
    const list = await machine.run(['mail', 'list', '--env', 'staging'], { cwd: folder })
    expect(list.stderr).toContain('E_NOT_CAPTURED')
    const nobody = await machine.run(['mail', 'test', '--env', 'staging'], { cwd: folder })
    expect(nobody.stderr).toContain('whom to?')
  } finally {
    await new Promise<void>((resolve) => relay.close(() => resolve()))
  }
})

test('what only looks is asked by itself, and an outage is on record with its reason', async () => {
  const more = [
    'checks:',
    '  - { name: greets, get: /greeting, text: welcome }',
    '  - { name: signs in, post: /api/login, status: 201 }',
    'environments:',
    '  local: { uptime: 1s }',
  ]
  await writeMailingApp(folder, { more })
  writeFileSync(join(folder, 'changed.txt'), 'a third one')
  expect((await machine.up(folder)).code).toBe(0)
  const history = async () => (await machine.json<OpAnswers['uptime']>(['smoke', '--history'], { cwd: folder })).checks
  const [first, ...others] = await until('it was asked twice', async () => {
    const checks = await history()
    return (checks[0]?.asked ?? 0) >= 2 ? checks : undefined
  })
  expect(first).toMatchObject({ name: 'greets', isPassing: true, outages: [] })
  expect(others).toEqual([])
  const { urls } = (await machine.ps()).apps.find((a) => a.environment === 'local')!
  await fetch(`${urls[0]?.url}/break`, { method: 'POST' })
  const broken = await until('the outage is seen', async () => (await history()).find((c) => !c.isPassing))
  expect(broken.outages).toMatchObject([{ because: expect.stringContaining('the pump is broken') }])
  const app = (await machine.ps()).apps.find((a) => a.environment === 'local')!
  expect(app.availability?.passed).toBeLessThan(app.availability?.asked ?? 0)
  expect(app.notices.map((n) => n.message).join()).toContain('the check greets fails: status 500')
  const shown = await machine.must(['smoke', '--history'], { cwd: folder })
  expect(shown.stdout).toContain('greets failed')
  await machine.must(['down', '--yes'], { cwd: folder })
})
