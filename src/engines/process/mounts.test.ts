import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { aWeb, EngineBench, errorOf, isRoot, shop } from '../../../test/process-engine.ts'
import type { Component } from '../../model/app.ts'

let bench: EngineBench
let place: string
beforeEach(async () => {
  bench = new EngineBench()
  bench.artifact('app')
  place = mkdtempSync(join(tmpdir(), 'landfall-mount-'))
  chmodSync(place, 0o755)
  await bench.engine.steps.volume({ type: 'volume', name: 'data', runsAs: 'app' }, bench.context())
})
afterEach(async () => {
  await bench.close()
  rmSync(place, { recursive: true })
})
const mounting = (path?: string, over: Partial<Component> = {}) =>
  aWeb('web', {}, { mounts: [{ volume: 'data', writers: 'many', ...(path !== undefined && { path }) }], ...over })
const exec = async (web: Component, command: string[]) => {
  let out = ''
  const take = (chunk: Uint8Array) => {
    out += Buffer.from(chunk).toString('utf8')
  }
  const code = await bench.engine.exec(shop, web, 'r1', 'app', command, {
    stdout: take,
    stderr: take,
    signal: new AbortController().signal,
  })
  return { code, out }
}
const volume = () => bench.engine.volumePath(shop, 'data')

test('a volume is made once, belongs to the instances, and is observed', async () => {
  await bench.engine.steps.volume({ type: 'volume', name: 'data', runsAs: 'app' }, bench.context())
  expect(lstatSync(volume()).mode & 0o777).toBe(0o750)
  expect((await bench.engine.observe(shop)).volumes).toEqual(['data'])
  const web = aWeb('web', { DATA: { type: 'volume', volume: 'data' } }, { mounts: [{ volume: 'data', writers: 'one' }] })
  expect(await exec(web, ['sh', '-c', 'echo kept >"$DATA/file"; cat "$DATA/file"'])).toEqual({ code: 0, out: 'kept\n' })
  await bench.engine.steps.volume({ type: 'volume', name: 'data', runsAs: 'app' }, bench.context())
  expect(readFileSync(join(volume(), 'file'), 'utf8')).toBe('kept\n')
})

test('a volume has the mode that was asked for before anything starts, and another one later', async () => {
  const make = (mode: number) =>
    bench.engine.steps.volume({ type: 'volume', name: 'data', runsAs: 'app', rights: { mode } }, bench.context())
  await make(0o700)
  expect(lstatSync(volume()).mode & 0o7777).toBe(0o700)
  await make(0o2775)
  expect(lstatSync(volume()).mode & 0o7777).toBe(0o2775)
})

needs('root').test('a volume with another owner lets its components in through their group', async () => {
  const own = lstatSync(volume()).uid
  const rights = { uid: 1000 }
  await bench.engine.steps.volume({ type: 'volume', name: 'data', runsAs: 'app', rights }, bench.context())
  expect(lstatSync(volume())).toMatchObject({ uid: 1000, gid: own })
  const web = aWeb('web', { DATA: { type: 'volume', volume: 'data' } }, { mounts: [{ volume: 'data', writers: 'one' }] })
  expect(await exec(web, ['sh', '-c', 'echo kept >"$DATA/file"; cat "$DATA/file"'])).toEqual({ code: 0, out: 'kept\n' })
  await bench.engine.steps.volume({ type: 'volume', name: 'data', runsAs: 'app', rights }, bench.context())
  expect(lstatSync(volume())).toMatchObject({ uid: 1000, gid: own })
})

test('a volume that is not there is named before anything starts', async () => {
  const web = aWeb('web', {}, { mounts: [{ volume: 'other', writers: 'one' }] })
  expect(await errorOf(bench.start(web, 'r1'))).toMatchObject({ code: 'E_MOUNT', message: 'the volume other is not there' })
})

test.each(['/', '/etc', '/etc/passwd', '/var/run', '/proc', '/dev/shm', '../x', '/tmp/../etc', '.'])(
  'nothing may be mounted at %s',
  async (path) => {
    expect(await errorOf(bench.start(mounting(path), 'r1'))).toMatchObject({
      code: 'E_MOUNT',
      message: `nothing may be mounted at ${path}`,
    })
  },
)

test('nothing may be mounted over what Landfall keeps', async () => {
  for (const path of [bench.home, join(bench.home, 'engine'), join(bench.home, '..')])
    expect((await errorOf(bench.start(mounting(path), 'r1'))).code).toBe('E_MOUNT')
})

test.skipIf(isRoot)('without root a path is refused, and the message tells the way that works', async () => {
  expect(await errorOf(bench.start(mounting('/data'), 'r1'))).toMatchObject({
    code: 'E_MOUNT',
    hint: 'read the folder from a variable: { from: data.path }',
  })
  await bench.up(mounting(), 'r1')
})

describe.runIf(isRoot)('as root', () => {
  test('a volume lies at its path for the instance, and for nobody else', async () => {
    const path = join(place, 'deep/data')
    expect(await exec(mounting(path), ['sh', '-c', `echo seen >${path}/file`])).toEqual({ code: 0, out: '' })
    expect(readdirSync(path)).toEqual([])
    expect(readFileSync(join(volume(), 'file'), 'utf8')).toBe('seen\n')
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(path)
    await bench.up(mounting(path), 'r1')
    expect(readdirSync(path)).toEqual([])
  })

  test('a path in the artifact is laid over it, without changing it for others', async () => {
    bench.artifact('with', { 'data/default.txt': 'shipped' })
    expect(await exec(mounting('data'), ['sh', '-c', 'echo mine >data/file; ls data'])).toEqual({ code: 0, out: 'file\n' })
    expect(readdirSync(join(bench.home, 'artifacts/app/root/data'))).toEqual([])
  })

  test('a path through a link, and one in a folder of somebody else, are refused', async () => {
    mkdirSync(join(place, 'real'))
    symlinkSync(join(place, 'real'), join(place, 'link'))
    expect((await errorOf(bench.start(mounting(join(place, 'link/x')), 'r1'))).message).toContain('is reached through a link')
    expect(existsSync(join(place, 'real/x'))).toBe(false)
  })
})
