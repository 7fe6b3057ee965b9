import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import nodemailer, { type SendMailOptions } from 'nodemailer'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { errorOf, isRoot, processesOf, shop, until } from '../../../test/process-engine.ts'
import { buildPrograms, modeOf, ServerBench } from '../../../test/server-bench.ts'
import mail from './index.ts'
import { BOUNDS, messagesFolder } from './mailbox-format.ts'
import { listMessages, showMessage } from './read-mailbox.ts'

beforeAll(buildPrograms)

function aServer(): ServerBench {
  const server = new ServerBench(mail, 'mail')
  onTestFinished(() => server.close())
  return server
}

async function send(server: ServerBench, message: SendMailOptions, over: { user?: string; pass?: string } = {}) {
  const auth = { user: await server.output('user'), pass: await server.output('password'), ...over }
  const transport = nodemailer.createTransport({
    host: await server.output('host'),
    port: Number(await server.output('port')),
    auth,
  })
  try {
    return await transport.sendMail({ from: 'app@flick.example', to: 'x@y.z', subject: 'hello', text: 'hello', ...message })
  } finally {
    transport.close()
  }
}

/** A session by hand: each line, and the code of what it is answered with. */
async function say(server: ServerBench, lines: string[]): Promise<{ codes: string[]; socket: Socket }> {
  const socket = connect(Number(await server.output('port')), await server.output('host'))
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]()
  const codes: string[] = []
  for (const line of ['', ...lines]) {
    // The greeting comes first, and by itself.
    if (line) socket.write(`${line}\r\n`)
    let answer = ''
    while (!/^\d{3} /.test(answer)) answer = String((await answers.next()).value ?? '000 closed')
    codes.push(answer.slice(0, 3))
  }
  return { codes, socket }
}
async function login(server: ServerBench): Promise<string[]> {
  return ['EHLO x', `AUTH PLAIN ${Buffer.from(`\0web\0${await server.output('password')}`).toString('base64')}`]
}

test('what an app sends over the url is captured whole, with the links a person would follow', async () => {
  const server = aServer()
  await server.up()
  const transport = nodemailer.createTransport(await server.output('url'))
  const { envelope } = await transport.sendMail({
    from: await server.output('from'),
    to: 'Ünï <x@y.z>',
    bcc: 'blind@y.z',
    subject: 'Grüße',
    html: '<a href="https://flick.example/m?t=1&amp;u=2">in</a>',
    text: `.leading dot\n${'long '.repeat(500)}`,
    attachments: [{ filename: 'a.bin', content: Buffer.from([0, 255, 13, 10, 46]) }],
  })
  transport.close()
  expect(envelope.to).toEqual(['x@y.z', 'blind@y.z'])
  expect(await listMessages(server.folder)).toMatchObject([{ id: 1, to: ['x@y.z', 'blind@y.z'], user: 'mail', subject: 'Grüße' }])
  expect(await showMessage(server.folder, 1)).toMatchObject({
    from: 'mail@landfall.localhost',
    text: expect.stringMatching(/^\.leading dot\n(long ){500}/),
    links: ['https://flick.example/m?t=1&u=2'],
    attachments: [{ name: 'a.bin', sizeBytes: 5 }],
  })
})

test('the name of the login says which component sent a message', async () => {
  const server = aServer()
  await server.up()
  await send(server, { to: 'a@y.z' }, { user: 'worker' })
  expect((await listMessages(server.folder)).map((m) => m.user)).toEqual(['worker'])
})

needs('python').test('a client of another language gets in as well', async () => {
  const server = aServer()
  await server.up()
  const code = `import smtplib, os
s = smtplib.SMTP(os.environ['H'], int(os.environ['P']))
s.login('django', os.environ['W'])
s.sendmail('a@b.c', ['x@y.z', 'u@v.w'], 'Subject: from python\\r\\n\\r\\nhello')
s.quit()`
  const env = {
    H: await server.output('host'),
    P: await server.output('port'),
    W: await server.output('password'),
    PATH: process.env.PATH,
  }
  expect(spawnSync('python3', ['-c', code], { env, encoding: 'utf8' }).stderr).toBe('')
  expect(await listMessages(server.folder)).toMatchObject([{ subject: 'from python', user: 'django', to: ['x@y.z', 'u@v.w'] }])
})

test('nobody gets in without the password', async () => {
  const server = aServer()
  await server.up()
  await expect(send(server, {}, { pass: 'guess' })).rejects.toMatchObject({ responseCode: 535 })
  await expect(send(server, {}, { user: 'a b' })).rejects.toMatchObject({ responseCode: 535 })
  await expect(server.login({ password: 'guess' })).rejects.toMatchObject({
    code: 'E_LOGIN',
    message: expect.stringContaining('535'),
  })
  const { codes, socket } = await say(server, ['EHLO x', 'MAIL FROM:<a@b.c>', 'RCPT TO:<x@y.z>', 'DATA', 'QUIT'])
  socket.destroy()
  expect(codes).toEqual(['220', '250', '530', '530', '530', '221'])
  expect(await listMessages(server.folder)).toEqual([])
})

test('it listens on loopback alone, under the uid of servers, and stays known as an instance', async () => {
  const server = aServer()
  await server.up()
  const port = Number(await server.output('port'))
    .toString(16)
    .toUpperCase()
  const listening = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'))
  const ours = listening.map((line) => line.trim().split(/\s+/)).filter((row) => row[3] === '0A' && row[1]?.endsWith(`:${port}`))
  expect(ours.map(([, local]) => local)).toEqual([`0100007F:${port}`])
  const { uid } = statSync(`/proc/${await server.pid()}`)
  expect(uid === process.getuid?.()).toBe(!isRoot)
  expect(uid).toBe(statSync(server.folder).uid)
})

test('a message that was confirmed is there after SIGKILL of all its processes', async () => {
  const server = aServer()
  await server.up()
  let confirmed = 0
  const sending = (async () => {
    for (;;) {
      await send(server, { subject: `number ${confirmed + 1}`, text: 'x'.repeat(20_000) })
      confirmed += 1
    }
  })().catch(() => {})
  await until('some messages are confirmed', () => confirmed >= 20)
  await server.kill()
  await sending
  await server.ready()
  const subjects = (await listMessages(server.folder, { limit: 1000 })).map((m) => m.subject)
  for (let i = 1; i <= confirmed; i++) expect(subjects, `of ${confirmed}`).toContain(`number ${i}`)
  expect(readdirSync(messagesFolder(server.folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  await send(server, { subject: 'after' })
  expect((await listMessages(server.folder))[0]?.subject).toBe('after')
})

test('a message that is too large is refused, by its announced size and by its bytes, and leaves nothing', async () => {
  const server = aServer()
  await server.up()
  const large = Buffer.alloc(BOUNDS.messageBytes, 'x')
  await expect(send(server, { attachments: [{ content: large }] })).rejects.toMatchObject({ responseCode: 552 })
  const body = `Subject: x\r\n\r\n${`${'y'.repeat(998)}\r\n`.repeat(27_000)}.`
  const { codes, socket } = await say(server, [...(await login(server)), 'MAIL FROM:<a@b.c>', 'RCPT TO:<x@y.z>', 'DATA', body])
  socket.destroy()
  expect(codes.slice(-2)).toEqual(['354', '552'])
  expect(readdirSync(messagesFolder(server.folder))).toEqual([])
})

test('a client that breaks off in the middle of a message leaves nothing', async () => {
  const server = aServer()
  await server.up()
  const { socket } = await say(server, [...(await login(server)), 'MAIL FROM:<a@b.c>', 'RCPT TO:<x@y.z>', 'DATA'])
  socket.write('Subject: half\r\n')
  await until('the message is on its way', () => readdirSync(messagesFolder(server.folder)).length === 1)
  socket.destroy()
  await until('it is gone', () => readdirSync(messagesFolder(server.folder)).length === 0)
  await server.login()
})

test('the password is in no argument, no environment of the server, no file, no log and no error', async () => {
  const server = aServer()
  server.bench.stored['mail.password'] = 'Canary 7d1"$(id)\\Secret'
  await server.up()
  await send(server, {})
  expect(readFileSync(`/proc/${await server.pid()}/environ`, 'utf8')).not.toContain('Canary')
  for (const each of [...processesOf(server.bench.home), (await server.instance()).pid]) {
    expect(readFileSync(`/proc/${each}/cmdline`, 'utf8')).not.toContain('Canary')
  }
  for (const path of readdirSync(server.bench.home, { recursive: true, encoding: 'utf8' })) {
    const file = join(server.bench.home, path)
    if (statSync(file).isFile()) expect(readFileSync(file, 'utf8').includes('Canary'), path).toBe(false)
  }
  const wrong = await errorOf(server.login({ password: 'Canary but wrong' }))
  await server.stop()
  const refused = await errorOf(server.login())
  for (const error of [wrong, refused]) expect(JSON.stringify(error) + String(error)).not.toContain('Canary')
  expect(refused).toMatchObject({ code: 'E_LOGIN', detail: 'ECONNREFUSED' })
})

test('what it keeps can be read by nobody but its own uid and root', async () => {
  const server = aServer()
  await server.up()
  await send(server, {})
  const files = readdirSync(server.folder, { recursive: true, encoding: 'utf8' }).map(
    (path) => modeOf(join(server.folder, path)) & 0o077,
  )
  expect(files.length).toBeGreaterThan(3)
  expect(files.filter((open) => open !== 0)).toEqual([])
})

test('a folder of somebody else, and data of a newer server, are refused and left as they are', async () => {
  const server = aServer()
  await server.up()
  await send(server, {})
  await server.stop()
  writeFileSync(join(server.folder, 'version'), 'mailbox 99\n')
  await server.start()
  const error = await errorOf(server.ready())
  expect(error).toMatchObject({
    code: 'E_CRASHED',
    detail: expect.stringContaining('is that of mailbox 99, and this server is mailbox 1'),
  })
  await server.stop()
  rmSync(join(server.folder, 'version'))
  await server.start()
  expect(await errorOf(server.ready())).toMatchObject({
    detail: expect.stringMatching(/holds (index\.jsonl|messages) but no file version/),
  })
  expect(await listMessages(server.folder)).toHaveLength(1)
})

test('a second server on the same folder is refused while the first one lives', async () => {
  const server = aServer()
  await server.up()
  const lines: string[] = []
  const stderr = (chunk: Uint8Array) => lines.push(Buffer.from(chunk).toString())
  const { artifact, component, release } = server.started
  const io = { stdout: () => {}, stderr, signal: AbortSignal.timeout(40_000) }
  const code = await server.bench.engine.exec(shop, component, release, artifact, ['env', 'PORT=1', '/bin/sh', 'bin/start'], io)
  expect([code, lines.join('')]).toEqual([1, expect.stringContaining('another server works on')])
  await server.login()
})

test('when the Node that it was made with is gone, one that an app brought takes its place; without any it says so', async () => {
  const server = aServer()
  await server.install()
  writeFileSync(join(server.artifactRoot, 'node'), '/opt/gone/node\n')
  const folder = join(server.bench.home, 'runtimes/node-24.0.0/bin')
  mkdirSync(folder, { recursive: true })
  symlinkSync(process.execPath, join(folder, 'node'))
  await server.up()
  await server.stop()
  rmSync(join(server.bench.home, 'runtimes'), { recursive: true })
  const others = ['/usr/local/bin/node', '/usr/bin/node'].some((file) => statSync(file, { throwIfNoEntry: false }))
  await server.start()
  const error = await errorOf(server.ready()).catch(() => undefined)
  // This machine may have a Node that is new enough of its own.
  if (error || !others) expect(error?.detail).toContain('/opt/gone/node is gone, and no other Node from 22.19 on was found')
})
