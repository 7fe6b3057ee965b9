import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { EnvSource } from '../model/app.ts'
import { askSources } from './ask-sources.ts'

const folder = mkdtempSync(join(tmpdir(), 'landfall-sources-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function ask(source: EnvSource, isStored = false) {
  const { given, findings } = await askSources(folder, [{ name: 'KEY', source, isStored }])
  return { value: given[0]?.value, told: findings.map((f) => `${f.level} ${f.code} ${f.message}`), hint: findings[0]?.hint }
}
function file(name: string, text: string, mode = 0o600): EnvSource {
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), mode)
  return { type: 'file', path: name }
}
const program = (code: string, timeoutSeconds = 30): EnvSource => ({
  type: 'command',
  command: [process.execPath, '-e', code],
  timeoutSeconds,
})

test('a file is taken without its last newline, and only where nobody else may read it', async () => {
  expect((await ask(file('one', 'a "b"\n$c\\\n'))).value).toBe('a "b"\n$c\\')
  expect((await ask(file('none', 'x'))).value).toBe('x')
  for (const mode of [0o640, 0o604, 0o666]) {
    const open = await ask(file('open', 's3cr3t', mode))
    expect(open.told).toEqual([expect.stringMatching(/^error E_FILE_MODE KEY: .*open can be read by others/)])
    expect([open.value, open.hint]).toEqual([undefined, `chmod 600 ${join(folder, 'open')}`])
  }
  expect((await ask({ type: 'file', path: 'missing' })).told).toEqual([expect.stringContaining('there is no file')])
  expect((await ask({ type: 'file', path: '.' })).told).toEqual([expect.stringContaining('is no file')])
})

test('a file of somebody else’s is refused, with whose it is', async () => {
  const source = file('foreign', 's3cr3t')
  // Only root can give a file away; whoever is not finds one of another user's.
  if (process.getuid?.() === 0) chownSync(join(folder, 'foreign'), 4321, 4321)
  else return void expect((await ask({ type: 'file', path: '/etc/shadow' })).value).toBeUndefined()
  const { told, value } = await ask(source)
  expect(told).toEqual([expect.stringMatching(/^error E_OWNER KEY: .*belongs to another user \(uid 4321\)/)])
  expect(value).toBeUndefined()
})

test.each([
  ['fails', program(`console.log('s3cr3t'); console.error('s3cr3t'); process.exit(7)`), 'ended with 7'],
  ['writes nothing', program(''), 'wrote nothing'],
  ['does not end', program('setInterval(() => process.stdout.write("s3cr3t"), 10)', 0.3), 'did not end by itself'],
  ['is not there', { type: 'command' as const, command: ['no-such-program'], timeoutSeconds: 1 }, 'could not be started'],
  ['writes far too much', program('process.stdout.write("s3cr3t".repeat(400000))'), 'wrote over 1 MiB'],
])('a program that %s is named, and nothing of what it wrote', async (_what, source, why) => {
  const { told, value } = await ask(source)
  expect(value).toBeUndefined()
  expect(told).toEqual([expect.stringContaining(`error E_ENV_SOURCE KEY: the program that has its value ${why}`)])
  expect(told[0]?.replace(/: "\/.*/, '')).not.toContain('s3cr3t')
})

test('a program gets its arguments as they are, and our environment', async () => {
  process.env.SOURCE_TEST = 'from us'
  const source: EnvSource = {
    type: 'command',
    command: [process.execPath, '-e', 'console.log(process.argv[1] + process.env.SOURCE_TEST)', '$(id) "; '],
    timeoutSeconds: 30,
  }
  expect((await ask(source)).value).toBe('$(id) "; from us')
  delete process.env.SOURCE_TEST
})

test('a variable that is not set leaves what is stored, and says so; with nothing stored nothing is given', async () => {
  const source: EnvSource = { type: 'variable', name: 'SOURCE_TEST_UNSET' }
  expect(await ask(source)).toMatchObject({ value: undefined, told: [] })
  expect((await ask(source, true)).told).toEqual([
    'warning W_ENV_SOURCE KEY: SOURCE_TEST_UNSET is not set here; the value of before stays',
  ])
})
