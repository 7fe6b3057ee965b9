import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import type { OpAnswers } from '../../src/ops/contract.ts'
import { findProgram, needs } from '../capabilities.ts'
import { mountSmall, readOnly, testReadOnly } from '../disks.ts'
import { writeApp } from './an-app.ts'
import { Machine, until } from './helpers.ts'
import { Probe } from './probe.ts'

async function aMachine(): Promise<Machine> {
  const machine = await Machine.make()
  onTestFinished(() => machine.close())
  return machine
}

needs('mounts').test(
  'a disk that fills up in the middle of a release stops no request; the run waits, and goes on when there is room',
  async () => {
    const machine = await aMachine()
    const disk = mountSmall(machine.home, 64)
    onTestFinished(() => disk.unmount())
    const folder = join(machine.folder, 'small')
    writeApp(folder)
    await machine.must(['up', '--yes'], { cwd: folder })
    const probe = new Probe(await machine.url())
    // The release itself takes all the room there is, and ends well.
    const filler = join(machine.folder, 'fill.cjs')
    writeFileSync(
      filler,
      `const { existsSync, openSync, writeSync } = require('node:fs')
     if (!existsSync(process.argv[2])) process.exit(0)
     const file = openSync(process.argv[2], 'r+')
     for (const size of [65536, 4096, 512, 1]) { const block = Buffer.alloc(size); try { for (;;) writeSync(file, block) } catch {} }`,
    )
    const taken = join(machine.home, 'taken')
    writeFileSync(taken, '')
    chmodSync(taken, 0o666)
    writeApp(folder, {
      text: 'the next',
      component: [`release: [{ name: migrate, run: [node, "${filler}", "${taken}"], repeatable: true }]`],
    })
    const running = machine.start(['up', '--yes', '--json'], { cwd: folder })
    let said = ''
    running.child.stdout?.on('data', (text: string) => {
      said += text
    })
    await until('the run says that it waits', () => /waits: the disk is full/.test(said) || undefined)
    const app = await machine.app()
    expect(app.release).toBe('r1')
    expect(app.openRuns).toHaveLength(1)
    const refused = await machine.run(['env', 'unset', 'NOTHING'], { cwd: folder })
    expect(refused.code).not.toBe(0)
    rmSync(taken)
    const { code, stdout } = await running.done
    expect(code, stdout.split('\n').at(-2)).toBe(0)
    const { failures, answers } = await probe.stop()
    expect(failures).toEqual([])
    expect([...new Set(answers)]).toEqual(['hello', 'the next'])
    expect((await machine.app()).release).toBe('r2')
  },
)

needs('strace', 'root').test(
  'a disk that does not sync is not trusted: the daemon starts anew from it, and what was acknowledged is there',
  async () => {
    const machine = await aMachine()
    const folder = join(machine.folder, 'small')
    writeApp(folder, { more: ['env:', '  GREETING: hello'] })
    await machine.must(['up', '--yes'], { cwd: folder })
    await machine.must(['env', 'set', 'GREETING=one'], { cwd: folder })
    const probe = new Probe(await machine.url())
    const pid = machine.daemonPid()!
    const strace = spawn(findProgram('strace') ?? '', [
      '-f',
      '-p',
      String(pid),
      '-e',
      'trace=fsync,fdatasync',
      '-e',
      'inject=fsync,fdatasync:error=EIO',
    ])
    onTestFinished(() => void strace.kill('SIGKILL'))
    let attached = ''
    strace.stderr.on('data', (text) => {
      attached += String(text)
    })
    await until('strace is attached', () => attached.includes('attached') || undefined)
    const refused = await machine.run(['env', 'set', 'GREETING=two'], { cwd: folder })
    expect(refused.code, refused.stdout).not.toBe(0)
    expect(refused.stderr).toContain('E_STATE_LOST')
    await once(strace, 'exit')
    await until('the daemon is gone', () => machine.commandOf(pid) === '' || undefined)
    const rows = await machine.json<OpAnswers['env-list']>(['env', 'list'], { cwd: folder })
    expect(['one', 'two']).toContain(rows.find((r) => r.name === 'GREETING')?.value)
    await machine.must(['env', 'set', 'GREETING=three'], { cwd: folder })
    expect(machine.daemonPid()).not.toBe(pid)
    expect((await probe.stop()).failures).toEqual([])
  },
)

testReadOnly('a home that can only be read still answers what runs, and refuses to change with the reason', async () => {
  const machine = await aMachine()
  const folder = join(machine.folder, 'small')
  writeApp(folder)
  await machine.must(['up', '--yes'], { cwd: folder })
  const url = await machine.url()
  await machine.must(['stop'])
  const undo = readOnly(machine.home)
  try {
    const app = await machine.app()
    expect(app.release).toBe('r1')
    expect(app.components.flatMap((c) => c.instances).map((i) => i.state)).toEqual(['running'])
    expect((await machine.run(['smoke'], { cwd: folder })).code).toBe(0)
    expect(await (await fetch(url)).text()).toBe('hello')
    writeApp(folder, { text: 'the next' })
    const refused = await machine.run(['up', '--yes'], { cwd: folder })
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/E_READ_ONLY.*nothing is done/)
    const doctor = await machine.run(['doctor'], { cwd: folder })
    expect(doctor.stdout).toMatch(/E_READ_ONLY .*What serves goes on/)
    await machine.must(['stop'])
  } finally {
    undo()
  }
  await machine.must(['up', '--yes'], { cwd: folder })
  expect(await (await fetch(url)).text()).toBe('the next')
})

test('records that another program holds are answered for within a second, and nothing that serves waits', async () => {
  const machine = await aMachine()
  const folder = join(machine.folder, 'small')
  writeApp(folder, { more: ['env:', '  GREETING: hello'] })
  await machine.must(['up', '--yes'], { cwd: folder })
  const probe = new Probe(await machine.url())
  const other = new DatabaseSync(join(machine.home, 'state.db'))
  other.exec('begin immediate')
  const refused = await machine.run(['env', 'set', 'GREETING=two'], { cwd: folder })
  expect(refused.code).toBe(75)
  expect(refused.stderr).toContain('E_BUSY')
  expect((await machine.app()).release).toBe('r1')
  other.exec('rollback')
  other.close()
  await machine.must(['env', 'set', 'GREETING=two'], { cwd: folder })
  expect((await probe.stop()).failures).toEqual([])
})
