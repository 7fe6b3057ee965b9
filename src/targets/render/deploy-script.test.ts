import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { exportApp } from '../../../test/export-of.ts'

const folder = mkdtempSync(join(tmpdir(), 'landfall-render-'))
const scripts: string[] = []

beforeAll(async () => {
  for (const target of ['render', 'northflank', 'railway']) {
    const options: Record<string, string> = target === 'render' ? { script: 'yes' } : {}
    const { files } = await exportApp({
      folder: `src/targets/${target}/fixtures/write/studio`,
      target,
      options,
      today: '2026-11-21',
    })
    for (const [name, { text }] of Object.entries(files)) {
      if (!text.startsWith('#!/bin/sh')) continue
      const path = join(folder, `${target}-${name.replaceAll('/', '_')}`)
      writeFileSync(path, text)
      scripts.push(path)
    }
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

needs('shellcheck').test('scripts for hosted platforms pass shellcheck', () => {
  expect(scripts.length).toBeGreaterThan(10)
  const { stdout } = spawnSync('shellcheck', ['--shell=sh', '--severity=style', ...scripts], { encoding: 'utf8' })
  expect(stdout.slice(0, 4000)).toBe('')
})

test('deploys one service after the other, waits for each, and ends with the first that fails', async () => {
  const api = await fakeRender({ 'studio-mailer': ['build_in_progress', 'live'], 'studio-nightly': ['update_failed'] })
  try {
    const { code, said } = await run(api.url, 'key-1')
    expect(api.deployed).toEqual(['studio-api', 'studio-mailer', 'studio-nightly'])
    expect(api.keys).toEqual(new Set(['Bearer key-1']))
    expect(code).not.toBe(0)
    expect(said).toContain('studio-mailer: live')
    expect(said).toContain('studio-nightly: update_failed')
    expect(said).not.toContain('key-1')
  } finally {
    await api.close()
  }
})

test('without a key it asks for one, and calls nobody', async () => {
  const { code, said } = await run('http://127.0.0.1:9', '')
  expect([code, said.trim()]).toEqual([2, 'RENDER_API_KEY is not set'])
})

function run(url: string, key: string): Promise<{ code: number | null; said: string }> {
  const script = scripts.find((s) => s.endsWith('render-deploy.sh')) ?? ''
  const env = { PATH: process.env.PATH ?? '', RENDER_API: url, RENDER_API_KEY: key, RENDER_PAUSE: '0' }
  const child = spawn('sh', [script], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (d) => (said += d))
  child.stderr.on('data', (d) => (said += d))
  return new Promise((done) => child.on('close', (code) => done({ code, said })))
}

/** Services by name, each with the statuses that its deployment goes through; `live` at once for the others. */
async function fakeRender(statuses: Record<string, string[]>) {
  const deployed: string[] = []
  const keys = new Set<string | undefined>()
  const server = createServer((request, response) => {
    keys.add(request.headers.authorization)
    const url = new URL(request.url ?? '/', 'http://x')
    const [, , id = '', , deployment] = url.pathname.split('/')
    const name = id.replace(/^srv-/, '')
    const answer = () => {
      if (id === '')
        return [
          {
            cursor: 'c',
            service: { autoDeploy: 'yes', id: `srv-${url.searchParams.get('name')}`, name: url.searchParams.get('name') },
          },
        ]
      if (deployment !== undefined) return { id: deployment, status: statuses[name]?.shift() ?? 'live', trigger: 'api' }
      deployed.push(name)
      return { id: `dep-${name}`, commit: { id: 'abc', message: 'a "quoted" one' }, status: 'created' }
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer()))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deployed,
    keys,
    close: () => new Promise<void>((done) => server.close(() => done())),
  }
}
