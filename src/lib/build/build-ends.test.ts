import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { listArtifacts, readArtifact } from './artifact.ts'
import { cgroupWrap } from './cgroup-wrap.ts'
import { killBuilds } from './kill-builds.ts'
import { cleanScratch } from './scratch.ts'
import { leftovers, makeTestbed, plain, sh, text } from './testbed.ts'

// Real programs on a busy machine: a hang guard, not an expectation.
vi.setConfig({ testTimeout: 300_000 })

// How builds end that do not become an artifact.
const bed = makeTestbed({ plain })
afterAll(() => bed.end())

test('a step that fails is named with its command and its last lines, and nothing is left', async () => {
  const component = bed.component(
    bed.source({ a: '' }),
    sh('i=0; while [ $i -lt 60 ]; do echo line $i; i=$((i+1)); done; exit 3'),
  )
  const error = await bed.build(component).catch((e: unknown) => e)
  expect(error).toMatchObject({
    code: 'E_BUILD',
    at: 'components.web.build',
    message: expect.stringMatching(/^web: build failed: `sh -c .*` ended with 3$/s),
  })
  const { detail, hint } = error as { detail: string; hint: string }
  const shown = detail.split('\n')
  expect(shown.slice(1, 12)).toEqual([
    'line 0',
    ...Array.from({ length: 8 }, (_, i) => `line ${i + 1}`),
    '… 11 lines …',
    'line 20',
  ])
  expect(shown.at(-1)).toBe('line 59')
  const log = hint.split(' ').at(-1) ?? ''
  expect(readFileSync(log, 'utf8')).toContain('line 0\n')
  expect(statSync(log).mode & 0o077).toBe(0)
  expect(await leftovers(bed.home)).toEqual([])
})

test('output is passed on without what a terminal would obey, and a flood of it is cut', async () => {
  const colours = bed.component(bed.source({ a: '' }), sh(`printf 'a\\033[31mred\\033[0m\\rb\\033]0;title\\007c\\n'`))
  await bed.build(colours)
  expect(bed.said).toContain('bc')
  const flood = bed.component(bed.source({ b: '' }), sh('yes | head -n 200000'))
  await bed.build(flood)
  expect(bed.said.length).toBeLessThan(20_000)
  expect(bed.said.some((l) => l.includes('more lines are in'))).toBe(true)
})

test('a program that is not there is named', async () => {
  const component = bed.component(bed.source({ a: '' }), {
    build: { builder: 'plain', options: { command: ['flutter', 'build'] } },
  })
  await expect(bed.build(component)).rejects.toMatchObject({ code: 'E_BUILD', message: expect.stringContaining('"flutter"') })
})

test('a test that fails keeps the artifact from being', async () => {
  const component = bed.component(bed.source({ a: '' }), {
    ...sh('echo 1 > built'),
    test: ['sh', '-c', 'cat built; exit 1'].map(text),
  })
  await expect(bed.build(component)).rejects.toMatchObject({
    code: 'E_TEST',
    at: 'components.web.test',
    detail: expect.stringContaining('1'),
  })
  expect(listArtifacts(bed.home)).not.toContain(await bed.name(component))
  await bed.build({ ...component, test: ['sh', '-c', 'test -f built'].map(text) })
})

test('a build that takes too long is ended with all that it started, and says what it was at', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('setsid sleep 300 & sleep 300', { timeoutSeconds: 1 }))
  await expect(bed.build(component)).rejects.toMatchObject({
    code: 'E_BUILD_TIMEOUT',
    message: expect.stringMatching(/longer than 1 s.*sleep 300/),
  })
  expect(await leftovers(bed.home)).toEqual([])
})

test('a build that is cancelled ends, and so does what waits for it', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('echo started; sleep 300'))
  const [first, second] = [new AbortController(), new AbortController()]
  const waiting = Promise.withResolvers<unknown>()
  const sayWaiting = (line: string) => line.includes('already') && second.abort()
  const say = (line: string) => {
    if (line === 'started')
      waiting.resolve(bed.build(component, { signal: second.signal, say: sayWaiting }).catch((e: unknown) => e))
  }
  const build = bed.build(component, { signal: first.signal, say })
  expect(await waiting.promise).toMatchObject({ code: 'E_CANCELLED' })
  first.abort()
  await expect(build).rejects.toMatchObject({ code: 'E_CANCELLED' })
  expect(await leftovers(bed.home)).toEqual([])
})

test('what a build leaves in the background ends before the next step, and holds up nothing', async () => {
  const options = {
    install: ['sh', '-c', 'setsid sleep 300 & sleep 301 & echo $! > pid'],
    command: ['sh', '-c', 'grep -q sleep /proc/$(cat pid)/cmdline 2>/dev/null && exit 9; exit 0'],
  }
  await bed.build(bed.component(bed.source({ a: '' }), { build: { builder: 'plain', options } }))
  expect(await leftovers(bed.home)).toEqual([])
})

test('memory over the limit ends the build, with limit and peak, also where no control group can', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('', { limits: { memoryMiB: 300 } }))
  component.build.options.command = [process.execPath, '-e', 'const a = []; setInterval(() => a.push(Buffer.alloc(16e6, 1)), 10)']
  await expect(bed.build(component)).rejects.toMatchObject({
    code: 'E_BUILD_MEMORY',
    message: expect.stringMatching(/limit 300 MiB, peak [3-9]\d\d MiB/),
  })
  expect(await leftovers(bed.home)).toEqual([])
})

needs('root', 'cgroup-memory').test('in a control group the kernel itself holds the limit', async () => {
  const component = bed.component(bed.source({ a: '' }), sh('id -u; true', { limits: { memoryMiB: 100 } }))
  component.build.options.install = [process.execPath, '-e', 'Buffer.alloc(400e6, 1)']
  const build = bed.build(component, { wrap: cgroupWrap })
  await expect(build).rejects.toMatchObject({
    code: 'E_BUILD_MEMORY',
    message: expect.stringContaining('limit 100 MiB, peak 100 MiB'),
  })
  component.build.options.install = [process.execPath, '-e', 'console.log(process.getuid())']
  await bed.build(component, { wrap: cgroupWrap })
  expect(bed.said).toContain('61001')
})

needs('root').test('a build that fills the disk ends before the disk is full, and what it wrote goes', async () => {
  const own = makeTestbed({ plain })
  const mount = (...args: string[]) => spawnSync('mount', args).status
  try {
    expect(mount('-t', 'tmpfs', '-o', 'size=200m,mode=755', 'tmpfs', own.home)).toBe(0)
    const component = own.component(own.source({ a: '' }), sh('while :; do head -c 9000000 /dev/zero >> big; sleep 0.05; done'))
    await expect(own.build(component)).rejects.toMatchObject({
      code: 'E_DISK',
      message: expect.stringContaining('filled the disk'),
    })
    expect(statfsSync(own.home).bavail * statfsSync(own.home).bsize).toBeGreaterThan(190e6)
    writeFileSync(join(own.home, 'ballast'), Buffer.alloc(201e6))
    await expect(own.build(component)).rejects.toMatchObject({
      code: 'E_DISK',
      message: expect.stringMatching(/needs about .* is free/),
    })
  } finally {
    spawnSync('umount', ['-l', own.home])
    await own.end()
  }
})

for (const point of ['build:copied', 'build:step', 'build:before-rename', 'build:after-rename']) {
  test(`a death at ${point} leaves nothing that is referenced, and the next start tidies up`, async () => {
    const path = bed.source({ a: point })
    const component = bed.component(path, sh('setsid sleep 300 & echo 1 > built'))
    const name = await bed.name(component)
    const code = await dieIn(component, point)
    expect(code).toBe('SIGKILL')
    expect(readArtifact(bed.home, name) !== undefined).toBe(point === 'build:after-rename')
    await killBuilds(bed.home)
    await cleanScratch(bed.home)
    expect(await leftovers(bed.home)).toEqual([])
    const { root } = await bed.build(component)
    expect(readFileSync(join(root, 'built'), 'utf8')).toBe('1\n')
  })
}

test('a death in the middle of a step leaves processes, which the next start ends', async () => {
  const component = bed.component(bed.source({ a: 'killed' }), sh('setsid sleep 300 & sleep 301'))
  await dieIn(component, undefined, 'sleep 301')
  expect(await killBuilds(bed.home)).toBeGreaterThanOrEqual(2)
  await cleanScratch(bed.home)
  expect(await leftovers(bed.home)).toEqual([])
})

/** Builds in another process, which dies at the point, or once it has said so much. */
async function dieIn(component: unknown, point?: string, until?: string): Promise<string> {
  const script = `
    import { makeTestbed, plain } from ${JSON.stringify(new URL('testbed.ts', import.meta.url).href)}
    const bed = makeTestbed({ plain })
    await bed.build(${JSON.stringify(component)}, { home: ${JSON.stringify(bed.home)}, say: (line) => console.log(line) })`
  // What that process makes for itself goes with this test's own folder.
  const env = { PATH: process.env.PATH ?? '', TMPDIR: join(bed.home, '..'), ...(point && { LANDFALL_FAIL: point }) }
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.on('data', (chunk: Buffer) => {
    // Its command is under way a moment after it was said.
    if (until && chunk.toString().includes(until)) setTimeout(() => child.kill('SIGKILL'), 500)
  })
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? String(code))))
}
