import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Mode, writeApp } from './an-app.ts'
import { isAlive, Machine, until } from './helpers.ts'
import { Probe } from './probe.ts'

let machine: Machine
let folder: string
let url: string
let serving: string | undefined

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'small')
  writeApp(folder)
  await machine.must(['up', '--yes'], { cwd: folder })
  url = await machine.url()
  serving = (await machine.app()).release
})
afterAll(() => machine?.close())

/** A release that must not get traffic: the old one answers all the time, and nothing of the new one stays. */
async function refused(
  mode: Mode,
  options: Parameters<typeof writeApp>[1] = {},
): Promise<{ code: string; message: string; detail: string }> {
  const probe = new Probe(url)
  writeApp(folder, { mode, text: `a ${mode} one`, ...options })
  const { code, end } = await machine.up(folder)
  const { failures, answers } = await probe.stop()
  expect(code).toBe(1)
  expect(failures).toEqual([])
  expect(answers).toEqual(['hello'])
  const app = await machine.app()
  expect(app.release).toBe(serving)
  expect(app.components.flatMap((c) => c.instances).map((i) => i.release)).toEqual([serving])
  if (!end?.error) throw new Error('refused without a reason')
  return { detail: '', ...end.error }
}

test('health that never passes ends the release, with the probe’s answers and the log', async () => {
  const { code, message, detail } = await refused('sick')
  expect(code).toBe('E_HEALTH_TIMEOUT')
  expect(message).toContain('web')
  expect(detail).toContain('500')
  expect(detail).toContain('the pump is broken')
  expect(detail).toContain('first line of')
})

test('an instance that ends at once is told with its last words', async () => {
  const { detail } = await refused('crashing')
  expect(detail).toContain('cannot go on: a crashing one')
})

test('an instance that listens elsewhere is told so, with the port that it has', async () => {
  const { message, detail } = await refused('elsewhere')
  expect(`${message} ${detail}`).toMatch(/listens on (127\.0\.0\.1:)?\d+/)
})

test('healthy is not enough: a smoke check that fails keeps the new release from traffic', async () => {
  const { code, message, detail } = await refused('wrong')
  expect(code).toBe('E_SMOKE')
  expect(message).toContain('greets')
  expect(detail).toContain('go away')
})

test('a release step that fails ends the release, with its output', async () => {
  const { detail } = await refused('well', {
    text: 'hello',
    component: [
      'release:',
      '  - { name: migrate, run: [node, -e, "console.error(\'column x does not exist\'); process.exit(1)"] }',
    ],
  })
  expect(detail).toContain('column x does not exist')
})

test('a worker that fails keeps the web from switching too', async () => {
  const { detail } = await refused('well', {
    text: 'with a worker',
    others: [
      'postman:',
      '  type: worker',
      '  build: { type: command, command: [node, --version], output: . }',
      '  run: [node, -e, "console.error(\'no post today\'); process.exit(1)"]',
    ],
  })
  expect(detail).toContain('no post today')
})

test('what is missing in the environment is told before anything is built, all of it at once', async () => {
  writeApp(folder, {
    more: ['env:', '  MAIL_FROM: { required: true, about: visible sender }', '  API_TOKEN: { required: true, secret: true }'],
  })
  const answer = await machine.run(['up', '--yes'], { cwd: folder })
  expect(answer.code).toBe(2)
  expect(answer.stderr).toContain('MAIL_FROM')
  expect(answer.stderr).toContain('visible sender')
  expect(answer.stderr).toContain('API_TOKEN')
  expect(answer.stderr).toContain('landfall env set')
  expect((await machine.app()).release).toBe(serving)
})

test('an app that ignores SIGTERM is ended after its grace, and a child that it forgot with it', async () => {
  for (const mode of ['deaf', 'forking'] as const) {
    const own = await Machine.make()
    try {
      const place = join(own.folder, 'small')
      writeApp(place, { mode, component: ['stop: { grace: 1s, drain: 0s }'] })
      await own.must(['up', '--yes'], { cwd: place })
      const pids = own.processes().filter((pid) => /server\.mjs|sleep 600/.test(own.commandOf(pid)))
      expect(pids.length).toBeGreaterThan(mode === 'forking' ? 1 : 0)
      await own.must(['down', '--yes'], { cwd: place })
      await until('all of it is gone', () => pids.every((pid) => !isAlive(pid)) || undefined)
    } finally {
      await own.close()
    }
  }
})

test('an instance that dies is started again, and one that dies over and over is called crash-looping', async () => {
  const own = await Machine.make()
  try {
    const place = join(own.folder, 'small')
    writeApp(place)
    await own.must(['up', '--yes'], { cwd: place })
    const address = await own.url()
    await fetch(`${address}/die`).catch(() => {})
    await until('it answers again', async () => (await fetch(address)).ok || undefined)
    const looping = await until('it is called crash-looping', async () => {
      await fetch(`${address}/die`).catch(() => {})
      const [instance] = (await own.app()).components.flatMap((c) => c.instances)
      return instance?.state === 'crash-looping' ? instance : undefined
    })
    expect(looping.restarts).toBeGreaterThanOrEqual(4) // the fifth crash is not followed by a restart at once
  } finally {
    await own.close()
  }
})

test('a port that somebody else took is not handed to an instance', async () => {
  const own = await Machine.make()
  const squatters = Array.from({ length: 5 }, (_, i) =>
    createServer()
      .listen(20_000 + i, '127.0.0.1')
      .on('error', () => {}),
  )
  try {
    const place = join(own.folder, 'small')
    writeApp(place)
    await own.must(['up', '--yes'], { cwd: place })
    expect(await (await fetch(await own.url())).text()).toBe('hello')
  } finally {
    for (const server of squatters) server.close()
    await own.close()
  }
})
