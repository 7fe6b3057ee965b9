import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { ask, aWeb, EngineBench, errorOf, isRoot, processesOf, shop, until } from '../../../test/process-engine.ts'
import { readSource } from '../../lib/build/source.ts'
import type { Component } from '../../model/app.ts'
import type { Builder } from '../../model/plug.ts'

// What a builder decides is its own tests' business; this one runs the command that the test names.
const builder: Builder = {
  name: 'command',
  detect: () => [],
  check: () => [],
  runtimes: () => [],
  recipe: (_files, build) => ({
    steps: [{ title: 'build', command: build.options.command ?? [], cwd: '.', env: {}, needsNetwork: false }],
    output: '.',
    path: [],
    command: [process.execPath, 'app.mjs'],
  }),
}

let bench: EngineBench
let source: string
beforeEach(() => {
  bench = new EngineBench({ builders: { command: builder } })
  source = mkdtempSync(join(tmpdir(), 'landfall-source-'))
  chmodSync(source, 0o755)
})
afterEach(async () => {
  await bench.close()
  rmSync(source, { recursive: true, force: true })
})

const SERVE = `import { createServer } from 'node:http'
createServer((q, a) => a.end(JSON.stringify({ uid: process.getuid(), pid: process.pid }))).listen(process.env.PORT, '127.0.0.1')`

async function building(script: string, limits: Component['limits'] = {}): Promise<Component> {
  writeFileSync(join(source, 'app.mjs'), SERVE)
  writeFileSync(join(source, 'build.sh'), script)
  const { digest } = await readSource(source)
  const { command: _, ...web } = aWeb('web')
  const build = { builder: 'command', options: { command: ['sh', 'build.sh'] }, env: {}, timeoutSeconds: 60, limits }
  return { ...web, source: { type: 'folder', path: source, digest }, build }
}
const build = (component: Component, over = {}) =>
  bench.engine.steps.build({ type: 'build', component, artifact: 'web-1' }, bench.context(over))

test('a component is built, and runs from what was built', async () => {
  const web = await building('id -u >builder; env >environment; grep NoNewPrivs /proc/self/status; cat /proc/self/cgroup >groups')
  await build(web)
  await build(web)
  const endpoint = await bench.up(web, 'r1', 'web-1')
  const root = join(bench.home, 'artifacts/web-1/root')
  const uid = Number(readFileSync(join(root, 'builder'), 'utf8'))
  const runs = (await ask(endpoint)).uid
  // Builds run what strangers wrote: not with the rights of the apps, and never with ours.
  if (isRoot) expect(uid >= 60_706 && uid !== runs).toBe(true)
  else expect([uid, runs]).toEqual([process.getuid?.(), process.getuid?.()])
  const environment = readFileSync(join(root, 'environment'), 'utf8')
  expect(environment).not.toMatch(/LANDFALL_(E|INSTANCE|CANARY)/)
  expect(bench.said.filter((l) => l.includes('NoNewPrivs')).join()).toContain(isRoot ? '1' : 'NoNewPrivs')
  expect((await bench.engine.observe(shop)).artifacts).toEqual(['web-1'])
})

test('a cancelled build leaves no process and no artifact', async () => {
  const web = await building('setsid sleep 1000 & touch "$TMPDIR/began"; sleep 1000')
  const cancel = new AbortController()
  const failing = errorOf(build(web, { signal: cancel.signal }))
  await until('it runs', () => buildersOf(bench.home).length >= 2)
  cancel.abort('cancel')
  expect((await failing).code).toBe('E_CANCELLED')
  expect(buildersOf(bench.home)).toEqual([])
  expect((await bench.engine.observe(shop)).artifacts).toEqual([])
})

needs('cgroup-memory').test(
  'a build that needs more memory than its limit is ended, and the message names the limit',
  async () => {
    const web = await building(`"${process.execPath}" -e 'const a=[];for(;;)a.push(Buffer.alloc(8e6,1))'`, { memoryMiB: 80 })
    const error = await errorOf(build(web))
    expect(error.message).toContain('80 MiB')
    expect(processesOf(bench.home)).toEqual([])
  },
)

test('a build that wants more memory than the machine has is refused', async () => {
  expect(await errorOf(build(await building('true', { memoryMiB: 10_000_000 })))).toMatchObject({ code: 'E_LIMIT' })
})

function buildersOf(home: string): number[] {
  return processesOf(home, undefined, 'LANDFALL_BUILD=')
}
