import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DrivenEngine } from '../../../test/driven-engine.ts'
import {
  ask,
  aWeb,
  EngineBench,
  isRoot,
  makeArtifact,
  newHome,
  processesOf,
  shop,
  texts,
  until,
} from '../../../test/process-engine.ts'
import { removeTree } from '../../lib/build/remove-tree.ts'
import type { Finding } from '../../model/finding.ts'
import type { Instance } from '../../model/plug.ts'

// The engine as it is for an ordinary user, also where the tests run as root: in a process of its own, under another uid.
const NOBODY = 65_534

describe('without rights', () => {
  let home: string
  let engine: DrivenEngine
  beforeEach(() => {
    home = newHome()
    makeArtifact(home, 'app', {})
    if (isRoot) giveAll(home)
    engine = connect()
  })
  afterEach(async () => {
    for (const i of await engine.ask<Instance[]>('instances')) await engine.ask('stop', i, i.component, i.release)
    await engine.close()
    const left = processesOf(home)
    await removeTree(home)
    expect(left).toEqual([])
  })
  const connect = () => new DrivenEngine(home, isRoot ? { uid: NOBODY } : {})

  test('instances run, are adopted after a death of the engine, and end without a trace', async () => {
    const web = aWeb('web', {}, { command: texts('sh', '-c', 'setsid sleep 1000 & exec node app.mjs') })
    await engine.ask('start', shop, web, 'r1', 'app', 'd')
    await engine.ask('healthy', shop, web, 'r1', 30)
    const [endpoint = ''] = await engine.ask<string[]>('endpoints', shop, 'web', 'r1')
    const facts = await ask(endpoint)
    expect(facts.uid).toBe(isRoot ? NOBODY : process.getuid?.())
    await engine.kill()
    engine = connect()
    await engine.ask('recover')
    expect((await ask(endpoint)).pid).toBe(facts.pid)
    const [instance] = await engine.ask<Instance[]>('instances')
    expect(instance?.memoryMiB).toBeGreaterThan(10)
    await engine.ask('stop', shop, 'web', 'r1')
    expect(processesOf(home)).toEqual([])
    expect(readdirSync(join(home, 'instances'))).toEqual([])
  })

  test('what cannot be had without rights is said', async () => {
    const findings = await engine.ask<Finding[]>('check')
    expect(findings.map((f) => f.code)).toContain('W_SAME_USER')
    expect(findings.every((f) => f.level === 'warning')).toBe(true)
    await engine.ask('volume', shop, 'data')
    const web = aWeb('web', {}, { mounts: [{ volume: 'data', path: '/srv/data', writers: 'one' }] })
    await expect(engine.ask('start', shop, web, 'r1', 'app', 'd')).rejects.toMatchObject({
      code: 'E_MOUNT',
      hint: 'read the folder from a variable: { from: data.path }',
    })
    expect(existsSync('/srv/data')).toBe(false)
  })

  test('commands run beside and once, and no setuid program gives them more rights', async () => {
    const web = aWeb('web')
    const got = await engine.ask<{ code: number; out: string }>('exec', shop, web, 'r1', 'app', [
      'grep',
      'NoNewPrivs',
      '/proc/self/status',
    ])
    expect(got).toEqual({ code: 0, out: 'NoNewPrivs:\t1\n' })
    const command = { name: 'm', run: texts('sh', '-c', 'exit 3'), isRepeatable: false }
    await expect(engine.ask('once', shop, web, 'r1', 'app', command, 'run-1')).rejects.toMatchObject({ code: 'E_RELEASE_STEP' })
    expect(await engine.ask('onceState', shop, 'r1', 'web', 'm')).toBe('ended-nonzero')
  })

  test('a crash loop and a drain work as they do for root', async () => {
    const bad = aWeb('bad', { MODE: 'crash' })
    await engine.ask('start', shop, bad, 'r1', 'app', 'd')
    await expect(engine.ask('healthy', shop, bad, 'r1', 60)).rejects.toMatchObject({ code: 'E_CRASHED' })
    await engine.ask('stop', shop, 'bad', 'r1')
    await engine.ask('inFlight', 0)
    await engine.ask('start', shop, aWeb('web'), 'r1', 'app', 'd')
    await engine.ask('healthy', shop, aWeb('web'), 'r1', 30)
    await engine.ask('retire', shop, 'web', 'r1', 600)
    await until('it is gone', async () => (await engine.ask<Instance[]>('instances')).length === 0)
  })
})

describe.runIf(isRoot)('as root', () => {
  let bench: EngineBench
  beforeEach(() => {
    bench = new EngineBench()
    bench.artifact('app')
  })
  afterEach(() => bench.close())

  test('instances have no rights but those of their uid, and cannot gain any', async () => {
    const { pid } = await ask(await bench.up(aWeb('web'), 'r1'))
    const { readFileSync } = await import('node:fs')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\t(6[01]\d{3})\t\1\t\1\t\1$/m)
    expect(status).toMatch(/^Gid:\t(6[01]\d{3})\t\1\t\1\t\1$/m)
    expect(status).toMatch(/^Groups:\s*$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
  })

  test('instances of one environment cannot read what Landfall or another environment keeps', async () => {
    const staging = { ...shop, environment: 'staging' }
    await bench.start(aWeb('web'), 'r1', 'app', 'd', staging)
    await bench.healthy(aWeb('web'), 'r1', 30, staging)
    await bench.engine.steps.volume({ type: 'volume', name: 'data', runsAs: 'app' }, bench.context(staging))
    const closed = [
      'engine',
      'logs',
      'instances/shop-staging-web-r1-0/instance.json',
      'instances/shop-staging-web-r1-0/tmp',
      'homes/shop/staging/app',
      'volumes/shop/staging/data',
      'instances',
      'volumes/shop/staging',
    ]
    let out = ''
    const take = (chunk: Uint8Array) => {
      out += Buffer.from(chunk).toString('utf8')
    }
    for (const path of closed) {
      const command = [
        'sh',
        '-c',
        'ls "$1" >/dev/null 2>&1 && cat "$1" >/dev/null 2>&1 || ls "$1/" >/dev/null 2>&1 && echo "$1"',
        'sh',
        join(bench.home, path),
      ]
      await bench.engine.exec(shop, aWeb('web'), 'r1', 'app', command, {
        stdout: take,
        stderr: take,
        signal: new AbortController().signal,
      })
    }
    expect(out).toBe('')
    const write = await bench.engine.exec(shop, aWeb('web'), 'r1', 'app', ['sh', '-c', 'touch app.mjs || touch new'], {
      stdout: take,
      stderr: take,
      signal: new AbortController().signal,
    })
    expect(write).not.toBe(0)
  })

  test('a home that others may not walk into is a finding', async () => {
    chmodSync(bench.home, 0o700)
    expect((await bench.engine.check()).map((f) => f.code)).toContain('E_HOME')
    chmodSync(bench.home, 0o755)
    expect((await bench.engine.check()).map((f) => f.code)).not.toContain('E_HOME')
  })
})

function giveAll(path: string): void {
  chownSync(path, NOBODY, NOBODY)
  for (const e of readdirSync(path, { withFileTypes: true })) {
    if (e.isDirectory()) giveAll(join(path, e.name))
    else chownSync(join(path, e.name), NOBODY, NOBODY)
  }
}
