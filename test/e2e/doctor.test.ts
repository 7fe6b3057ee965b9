import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { writeApp } from './an-app.ts'
import { Machine } from './helpers.ts'

async function anApp(more: string[] = []): Promise<{ machine: Machine; folder: string }> {
  const machine = await Machine.make()
  onTestFinished(() => machine.close())
  const folder = join(machine.folder, 'small')
  writeApp(folder, { more })
  await machine.must(['up', '--yes'], { cwd: folder })
  return { machine, folder }
}

test('a symptom leads to the causes whose checks fail, with the evidence and what to do', async () => {
  const { machine, folder } = await anApp([
    '  - { name: search, get: /env, text: never-there, on: [restore] }',
    'troubles:',
    '  - { symptom: magic link not sent, see: 502 mail_failed, cause: the relay or SMTP_FROM, check: landfall mail test, fix: landfall env set SMTP_FROM }',
    '  - { symptom: search finds nothing, cause: the index is empty, check: search, fix: landfall run web.reindex }',
    '  - { symptom: search is slow, cause: the cache is cold, check: greets }',
    '  - { symptom: search answers 500, cause: no disk for it, check: [node, -e, "console.error(\'disk \' + process.env.LANDFALL_APP); process.exit(4)"] }',
    '  - { symptom: sign-in fails, see: first line of r1, cause: an old session key }',
  ])
  const found = await machine.run(['doctor', 'search', 'results', 'missing'], { cwd: folder })
  const text = found.stdout.slice(found.stdout.indexOf('known troubles'))
  expect(text).toMatch(/likely {2}search finds nothing: the index is empty\n.*GET \/env: .*lacks "never-there"/)
  expect(text).toContain('landfall run web.reindex')
  expect(text).toMatch(/likely {2}search answers 500: no disk for it\n.*ended with 4\n.*disk small/)
  expect(text).toMatch(/not this {2}search is slow/)
  expect(text.indexOf('not this')).toBeGreaterThan(text.lastIndexOf('likely'))
  expect(text).not.toContain('magic link')
  const mail = await machine.run(['doctor', 'magic', 'link'], { cwd: folder })
  expect(mail.stdout).toMatch(/perhaps {2}magic link not sent: the relay or SMTP_FROM\n.*landfall mail test ended with 2/)
  expect(mail.stdout).toContain('has no mail resource')
  const all = await machine.run(['doctor'], { cwd: folder })
  expect(all.stdout).toMatch(/likely {2}search finds nothing/)
  expect(all.stdout).toMatch(/perhaps {2}search answers 500/)
  const logs = await machine.run(['doctor', 'sign-in'], { cwd: folder })
  expect(logs.stdout).toMatch(/likely {2}sign-in fails: an old session key\n.*web r1, .*first line of r1/)
  const nothing = await machine.run(['doctor', 'bananas'], { cwd: folder })
  expect(nothing.stdout).toContain('none of the 5 known troubles has these words')
})

test('files of secrets that others can read are named, and --fix shows the command, asks, and does it', async () => {
  const { machine, folder } = await anApp()
  await machine.must(['stop'])
  const key = join(machine.home, 'secrets.key')
  chmodSync(key, 0o644)
  const found = await machine.run(['doctor'], { cwd: folder })
  expect(found.code).toBe(1)
  expect(found.stdout).toMatch(/E_MODE others can read it \(mode 644\)/)
  expect(found.stdout).toContain(`chmod 600 -- ${key}`)
  expect(statSync(key).mode & 0o777).toBe(0o644)
  const unasked = await machine.run(['doctor', '--fix'], { cwd: folder })
  expect(unasked.stderr).toContain('add --yes')
  expect(statSync(key).mode & 0o777).toBe(0o644)
  const fixed = await machine.run(['doctor', '--fix', '--yes'], { cwd: folder })
  expect(fixed.stderr).toContain(`chmod 600 -- ${key}`)
  expect(statSync(key).mode & 0o777).toBe(0o600)
  expect(fixed.stdout).not.toContain('E_MODE')
  expect((await machine.app()).release).toBe('r1')
})

test('records of a newer version are refused with the way back, and --fix goes it', async () => {
  const { machine, folder } = await anApp(['env:', '  GREETING: hello'])
  await machine.must(['env', 'set', 'GREETING=before'], { cwd: folder })
  await machine.must(['stop'])
  // What a newer version does: a copy of before, then its own schema.
  const path = join(machine.home, 'state.db')
  const db = new DatabaseSync(path)
  const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number }
  db.prepare('vacuum into ?').run(`${path}.schema-${version}`)
  db.exec(`create table newer (a text); pragma user_version=${version + 1}`)
  db.close()
  const refused = await machine.run(['env', 'list'], { cwd: folder })
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toMatch(/written by a newer Landfall/)
  const fixed = await machine.run(['doctor', '--fix', '--yes'], { cwd: folder })
  expect(fixed.stderr).toContain('newer records are kept as')
  const list = await machine.must(['env', 'list'], { cwd: folder })
  expect(list.stdout).toContain('before')
  expect((await machine.app()).components.flatMap((c) => c.instances).map((i) => i.state)).toEqual(['running'])
})

test('what is missing is installed by the package manager of the machine, after its command was shown', async () => {
  const machine = await Machine.make()
  onTestFinished(() => machine.close())
  const folder = join(machine.folder, 'small')
  writeApp(folder, { others: ['api:', '  type: worker', '  build: { type: python }', '  run: python worker.py'] })
  writeFileSync(join(folder, 'requirements.txt'), '')
  // A machine without Python, whose package manager notes what it is asked for.
  const bin = join(machine.folder, 'bin')
  mkdirSync(bin)
  const noted = join(machine.folder, 'noted')
  writeFileSync(join(bin, 'apt-get'), `#!/bin/sh\necho "$*" >>'${noted}'\necho installing\n`, { mode: 0o755 })
  writeFileSync(join(bin, 'sudo'), `#!/bin/sh\nexec "$@"\n`, { mode: 0o755 })
  const env = { PATH: bin }
  const found = await machine.run(['doctor'], { cwd: folder, env })
  expect(found.stdout).toContain('E_NO_PYTHON')
  expect(found.stdout).toMatch(/apt-get install --yes --no-install-recommends python3 python3-venv/)
  expect(existsSync(noted)).toBe(false)
  const fixed = await machine.run(['doctor', '--fix', '--yes'], { cwd: folder, env })
  expect(readFileSync(noted, 'utf8')).toContain('install --yes --no-install-recommends python3 python3-venv\n')
  expect(fixed.stderr).toContain('installing')
  // It only said so: what is still missing is still told.
  expect(fixed.code).toBe(1)
  expect(fixed.stdout).toContain('E_NO_PYTHON')
})
