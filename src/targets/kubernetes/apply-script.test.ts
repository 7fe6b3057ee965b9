import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writtenFiles } from '../../../test/written-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'landfall-apply-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the script beside a kubectl that notes what it is asked, and fails where `fails` (a pattern of the shell) matches. */
async function applied(fails: string): Promise<{ status: number | null; stderr: string; calls: string[] }> {
  const files = await writtenFiles('src/targets/kubernetes/fixtures/write/fleet', 'kubernetes')
  const calls = join(folder, 'calls')
  writeFileSync(calls, '')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const kubectl = `#!/bin/sh\nprintf '%s\\n' "$*" >>'${calls}'\ncase "$*" in ${fails}) exit 1 ;; esac\n`
  mkdirSync(join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'bin/kubectl'), kubectl, { mode: 0o755 })
  const { status, stderr } = spawnSync('sh', ['k8s/apply.sh'], {
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    encoding: 'utf8',
  })
  return { status, stderr, calls: readFileSync(calls, 'utf8').trim().split('\n') }
}

test('servers, then the release, then the pods', async () => {
  const { status, calls } = await applied('nothing')
  const places = ['apply -f servers.yaml', 'rollout status statefulset/db', 'apply -f jobs/api-release.yaml', 'apply -k .'].map(
    (text) => calls.findIndex((c) => c.includes(text)),
  )
  expect(status).toBe(0)
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(calls.at(-1)).toContain('rollout status deployment/queue')
})

test('a release that fails rolls nothing out', async () => {
  const { status, stderr, calls } = await applied('*condition=complete*')
  expect(status).toBe(1)
  expect(stderr).toContain('the job api-release did not end well')
  expect(calls.some((c) => c.includes('apply -k'))).toBe(false)
})

test('a Secret that nobody made ends it before anything is applied', async () => {
  const { status, stderr, calls } = await applied("*'get secret fleet-secrets'*")
  expect(status).toBe(78)
  expect(stderr).toContain('there is no Secret fleet-secrets')
  expect(calls.some((c) => c.includes('apply'))).toBe(false)
})
