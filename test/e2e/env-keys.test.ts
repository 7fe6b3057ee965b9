import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding } from '../../src/model/finding.ts'
import type { EnvRow, RunRow } from '../../src/ops/contract.ts'
import { writeApp } from './an-app.ts'
import { isAlive, Machine, until } from './helpers.ts'
import { Probe } from './probe.ts'

let machine: Machine
let folder: string
let url: string
let key: string

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'small')
  key = join(machine.home, 'secrets.key')
  writeApp(folder, { more: ['env: { TOKEN: { secret: true }, MADE: { generate: hex(16) } }'] })
  await machine.must(['env', 'set', 'TOKEN=first'], { cwd: folder })
  await machine.must(['up', '--yes'], { cwd: folder })
  url = await machine.url()
})
afterAll(() => machine?.close())

const token = async () => ((await (await fetch(`${url}/env`)).json()) as Record<string, string>).TOKEN
async function restartDaemon(): Promise<void> {
  const pid = machine.daemonPid() ?? 0
  process.kill(pid, 'SIGKILL')
  await until('the daemon is gone', () => !isAlive(pid) || undefined)
}
const refused = async (args: string[]) => {
  const { code, stderr } = await machine.run(args, { cwd: folder })
  expect(code, stderr).not.toBe(0)
  return stderr
}

test.each([
  ['missing', () => renameSync(key, `${key}.away`), 'is missing'],
  ['another one', () => writeFileSync(key, `${'ab'.repeat(32)}\n`, { mode: 0o600 }), 'were sealed with'],
])(
  'A70: the key is %s: nothing is released, apps run on, and none ever starts with an empty environment',
  async (_what, take, why) => {
    const probe = new Probe(url)
    const right = readFileSync(key)
    take()
    await restartDaemon()
    for (const args of [['plan'], ['up', '--yes'], ['rollback', '--yes'], ['env', 'set', 'TOKEN=x'], ['env', 'check']]) {
      const said = await refused(args)
      expect(said, args.join(' ')).toContain('E_SECRETS_KEY')
      expect(said).toContain(why)
      expect(said).toContain('landfall env recovery-key --restore')
    }
    expect((await machine.app()).components.flatMap((c) => c.instances).map((i) => i.state)).toEqual(['running'])
    expect((await machine.json<EnvRow[]>(['env', 'list'], { cwd: folder })).map((r) => r.name)).toEqual(['MADE', 'TOKEN'])
    const doctor = await machine.run(['doctor', '--json'], { cwd: folder })
    const { findings } = JSON.parse(doctor.stdout) as { findings: Finding[] }
    expect(findings.map((f) => f.code)).toContain('E_SECRETS_KEY')
    expect((await probe.stop()).failures).toEqual([])
    // One that dies is not started without its values, and is once the key is back.
    await fetch(`${url}/die`).catch(() => {})
    const waiting = await until('it is tried again', async () => {
      const [instance] = (await machine.app()).components.flatMap((c) => c.instances)
      return instance?.remark?.includes('not started') ? instance : undefined
    })
    expect(waiting.remark).toContain('secrets.key')
    writeFileSync(key, right, { mode: 0o600 })
    rmSync(`${key}.away`, { force: true })
    await until('it runs again', async () => (await token().catch(() => '')) === 'first' || undefined)
    await machine.must(['up', '--yes'], { cwd: folder })
  },
)

test('the key is changed under an app that runs: it notices nothing, and every value can be read', async () => {
  await machine.must(['env', 'set', 'TOKEN=second'], { cwd: folder })
  const before = readFileSync(key, 'utf8')
  const done = await machine.json<{ from: string; to: string; values: number }>(['env', 'rotate-key'])
  expect(done.values).toBe(3)
  expect(readFileSync(key, 'utf8')).not.toBe(before)
  expect(statSync(key).mode & 0o777).toBe(0o600)
  // An instance of the release that serves has the version that it began with, sealed anew.
  await fetch(`${url}/die`).catch(() => {})
  await until('it runs again', async () => (await token().catch(() => '')) === 'first' || undefined)
  await machine.must(['up', '--yes'], { cwd: folder })
  expect(await token()).toBe('second')
})

test('the recovery key is shown once, stands nowhere, and brings a lost key back', async () => {
  expect(await refused(['env', 'recovery-key'])).toContain('E_CONFIRM')
  const made = await machine.must(['env', 'recovery-key', '--yes'])
  const recoveryKey = made.stdout.trim()
  expect(recoveryKey).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]+$/)
  const before = readFileSync(key, 'utf8')
  rmSync(key)
  await restartDaemon()
  expect(await refused(['up', '--yes'])).toContain('E_SECRETS_KEY')
  const wrong = await machine.run(['env', 'recovery-key', '--restore'], {
    input: recoveryKey.replace(/.$/, (c) => (c === 'Q' ? 'P' : 'Q')),
  })
  expect(wrong.code).not.toBe(0)
  expect(existsSync(key)).toBe(false)
  const back = await machine.run(['env', 'recovery-key', '--restore'], { input: `# from the safe\n${recoveryKey}\n` })
  expect(back.stderr + back.stdout).toContain('secrets.key is back')
  expect(readFileSync(key, 'utf8')).toBe(before)
  await machine.must(['env', 'set', 'TOKEN=third'], { cwd: folder })
  await machine.must(['up', '--yes'], { cwd: folder })
  expect(await token()).toBe('third')
})

test('a run that was cut off waits while the key is missing, and goes on by itself once it is back', async () => {
  const gate = join(machine.folder, 'gate')
  writeApp(folder, {
    text: 'behind the gate',
    component: [`test: [sh, -c, "until test -e '${gate}'; do sleep 0.05; done"]`],
    more: ['env: { TOKEN: { secret: true }, MADE: { generate: hex(16) } }'],
  })
  const up = machine.start(['up', '--yes', '--json'], { cwd: folder })
  const run = await until('the run is under way', async () => {
    const [row] = await machine.json<RunRow[]>(['runs'])
    return row && row.state === undefined ? row.run : undefined
  })
  const right = readFileSync(key)
  rmSync(key)
  up.child.kill('SIGKILL')
  await restartDaemon()
  writeFileSync(gate, '')
  // It has answered, so it has looked at what was left.
  expect((await machine.app()).openRuns.map((r) => r.run)).toEqual([run])
  expect(recoveries()).toBe(0)
  expect(await token()).toBe('third')
  writeFileSync(key, right, { mode: 0o600 })
  await until('it has an end', async () => (await machine.json<RunRow[]>(['runs']))[0]?.state)
  expect(recoveries()).toBe(1)
  await machine.must(['up', '--yes'], { cwd: folder })
  expect(await (await fetch(url)).text()).toBe('behind the gate')
})

/** How often a daemon has taken up what another one had left. */
function recoveries(): number {
  const db = new DatabaseSync(join(machine.home, 'state.db'), { readOnly: true })
  const row = db.prepare(`select count(*) as n from journal where event like '%"type":"recovered"%'`).get() as { n: number }
  db.close()
  return row.n
}
