import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { openCgroups } from './cgroups.ts'

const FILES = [
  'cgroup.procs',
  'memory.max',
  'memory.oom.group',
  'memory.swap.max',
  'cpu.max',
  'memory.events',
  'memory.current',
  'memory.stat',
]
/** Longer than what is written over it, so that what the kernel would have granted stands behind. */
const GRANTED = '.......... '

/** Folders with the files that a kernel with v2 shows; no kernel answers here, so what it would grant is put there. */
function unified(granted: Record<string, string>): { root: string; file: (path: string) => string } {
  const root = mkdtempSync(join(tmpdir(), 'landfall-cgroup-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [place, controllers] of Object.entries(granted)) {
    for (const folder of [place, join(place, 'landfall-x'), join(place, 'landfall-x/a')]) {
      mkdirSync(join(root, folder), { recursive: true })
      for (const name of FILES) writeFileSync(join(root, folder, name), '')
      writeFileSync(join(root, folder, 'cgroup.subtree_control'), GRANTED + controllers)
    }
  }
  writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory')
  return { root, file: (path) => readFileSync(join(root, path), 'latin1') }
}

test('v2: limits of memory, swap and processors, and the group is ended whole', () => {
  const { root, file } = unified({ '': 'cpu memory' })
  const groups = openCgroups('landfall-x', root, '/')
  expect(groups).toMatchObject({ canMemory: true, canCpus: true })
  expect(groups.reason).toBeUndefined()
  expect(groups.make('a', { memoryMiB: 64, cpus: 0.5 })).toEqual([join(root, 'landfall-x/a/cgroup.procs')])
  const read = (name: string) => file(`landfall-x/a/${name}`)
  expect(['memory.max', 'memory.oom.group', 'memory.swap.max', 'cpu.max'].map(read)).toEqual([
    String(64 * 1024 * 1024),
    '1',
    '0',
    '50000 100000',
  ])
  writeFileSync(join(root, 'landfall-x/a/memory.events'), 'low 0\noom 3\noom_kill 2\n')
  writeFileSync(join(root, 'landfall-x/a/memory.current'), String(50 * 1024 * 1024))
  writeFileSync(join(root, 'landfall-x/a/memory.stat'), `anon 1\ninactive_file ${10 * 1024 * 1024}\n`)
  writeFileSync(join(root, 'landfall-x/a/cgroup.procs'), '12\n34\n')
  expect([groups.oomKills('a'), groups.memoryMiB('a'), groups.pids('a'), groups.list()]).toEqual([2, 40, [12, 34], ['a']])
})

test('v2: where the top hands down nothing, the highest group that does is taken', () => {
  const { root, file } = unified({ '': '', 'user.slice': '', 'user.slice/user@7.service': 'memory' })
  const groups = openCgroups('landfall-x', root, '/user.slice/user@7.service/app.slice/landfall.service')
  expect(groups).toMatchObject({ canMemory: true, canCpus: false, reason: expect.stringContaining('hands down memory alone') })
  groups.make('a', { memoryMiB: 1 })
  expect(file('user.slice/user@7.service/landfall-x/a/memory.max')).toBe('1048576')
})

test('v2: where nobody hands anything down, nothing is enforced', () => {
  const { root } = unified({ '': '' })
  const groups = openCgroups('landfall-x', root, '/')
  expect(groups).toMatchObject({
    canMemory: false,
    canCpus: false,
    reason: expect.stringContaining('hands down neither memory nor cpu'),
  })
})

test('nothing is enforced where no group may be written, and the reason is told', () => {
  const groups = openCgroups('landfall-x', '/proc/self/no-such-folder', '/')
  expect(groups).toMatchObject({ canMemory: false, canCpus: false })
  expect(groups.reason).toContain('is not there')
  expect(groups.make('a', { memoryMiB: 10, cpus: 1 })).toEqual([])
  expect(groups.pids('a')).toEqual([])
  expect(groups.oomKills('a')).toBe(0)
  expect(groups.memoryMiB('a')).toBeUndefined()
  groups.remove('a')
})

needs('cgroup-memory').test('a group has its limits, can be given others, and goes without a trace', () => {
  const groups = openCgroups(`landfall-test-${process.pid}`)
  onTestFinished(() => groups.remove('a'))
  const files = groups.make('a', { memoryMiB: 64, cpus: 0.5 })
  expect(files.length).toBeGreaterThan(0)
  const limit = (path: string) => Number(readFileSync(path, 'latin1'))
  const memory = files.map((f) =>
    f.replace('cgroup.procs', existsSync(f.replace('cgroup.procs', 'memory.max')) ? 'memory.max' : 'memory.limit_in_bytes'),
  )[0]!
  expect(limit(memory)).toBe(64 * 1024 * 1024)
  groups.make('a', { memoryMiB: 128 })
  expect(limit(memory)).toBe(128 * 1024 * 1024)
  groups.make('a', { memoryMiB: 32 })
  expect(limit(memory)).toBe(32 * 1024 * 1024)
  expect(groups.list()).toEqual(['a'])
  groups.remove('a')
  for (const f of files) expect(existsSync(join(f, '..', '..'))).toBe(false)
})
