import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding } from '../../src/model/finding.ts'
import type { EnvRow, OpAnswers } from '../../src/ops/contract.ts'
import { writeApp } from './an-app.ts'
import { Machine, until } from './helpers.ts'

let machine: Machine
let folder: string

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'small')
})
afterAll(() => machine?.close())

const environment = async () => (await fetch(`${await machine.url()}/env`)).json() as Promise<Record<string, string>>
const write = (env: string[], more: string[] = []) =>
  writeApp(folder, { more: [...more, 'env:', ...env.map((line) => `  ${line}`)] })
const findings = async (args: string[]) => {
  const { stdout } = await machine.run([...args, '--json'], { cwd: folder })
  return (JSON.parse(stdout) as { findings: Finding[] }).findings
}
const codes = async (args: string[]) => (await findings(args)).map((f) => `${f.code} ${f.at}`)

test('any value arrives byte for byte, as a variable and as a file that the instance alone may read', async () => {
  // What shells, quotes, files of variables and JSON would each make something else of.
  const unit = fc.oneof(
    fc.constantFrom(...'$"\'\\\n\r\t `!#=%{}()[]*?~;&|<>\u00e9\u2028\u{1F5DD}'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((c) => c !== '\0' && c.isWellFormed()),
  )
  const samples = fc.sample(fc.string({ unit, minLength: 1, maxLength: 200 }), { numRuns: 30, seed: 20_261_121 })
  const values = Object.fromEntries([...samples, '$HOME "a" \'b\' \\n\n', ' ends with blanks \n\n'].map((v, i) => [`V${i}`, v]))
  const files = Object.fromEntries(samples.slice(0, 5).map((v, i) => [`F${i}`, v]))
  const entries = [
    ...Object.keys(values).map((name) => `${name}: { secret: true }`),
    ...Object.keys(files).map((name) => `${name}: { secret: true, delivery: { file: value.pem } }`),
  ]
  write(entries)
  // JSON's quotes and escapes are YAML's as well.
  const yaml = Object.entries({ ...values, ...files }).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  writeFileSync(join(folder, 'secrets.yaml'), `${yaml.join('\n')}\n`, { mode: 0o600 })
  await machine.must(['env', 'import', 'secrets.yaml'], { cwd: folder })
  await machine.must(['up', '--yes'], { cwd: folder })
  const env = await environment()
  expect(Object.fromEntries(Object.keys(values).map((name) => [name, env[name]]))).toEqual(values)
  const server = machine.processes().find((pid) => machine.commandOf(pid).startsWith('node server.mjs'))
  const uid = statSync(`/proc/${server}`).uid
  for (const [name, value] of Object.entries(files)) {
    expect(env[name]).toBeUndefined()
    const path = env[`${name}_FILE`] ?? ''
    expect(path).toMatch(/\/value\.pem$/)
    expect(readFileSync(path, 'utf8')).toBe(value)
    const { mode, uid: owner } = statSync(path)
    expect([mode & 0o777, owner]).toEqual([0o400, uid])
  }
  const path = env.F0_FILE ?? ''
  await machine.must(['down', '--yes'], { cwd: folder })
  await until('the file goes with its instance', () => !existsSync(path) || undefined)
})

test('all that is wrong with the environment is told before anything is built, at its line', async () => {
  write(
    [
      'A: { type: int }',
      'B: { required: false, requiredIf: A }'.replace('required: false, ', ''),
      'C: { pattern: "(x+)+" }',
      'D: { only: staging }',
      'E: { secret: true, about: key of the shop }',
      'R1: {}',
      'R2: { secret: true }',
    ],
    ['groups: { r2: { allOrNone: [R1, R2], about: uploads } }', 'environments: { staging: {} }'],
  )
  const set = (pairs: string[]) => machine.run(['env', 'set', ...pairs], { cwd: folder })
  // Rules of one value hold at once; those of several wait for the whole.
  expect((await set(['A=x'])).stderr).toContain('A is no whole number')
  expect((await set(['E=change-me'])).stderr).toContain('is a placeholder')
  expect((await set(['D=1'])).stderr).toContain('only for staging')
  expect((await set([`C=${'x'.repeat(60)}!`])).stderr).toContain('tries too many ways')
  expect((await set(['A=1', 'R1=bucket'])).code).toBe(0)
  const answer = await machine.run(['up', '--yes'], { cwd: folder })
  expect(answer.code).toBe(2)
  for (const said of [
    'B is required because A is set',
    'C is required',
    'E (key of the shop)',
    'r2 (uploads): R1 is set, and R2 is not',
  ])
    expect(answer.stderr).toContain(said)
  expect(await codes(['env', 'check'])).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^E_ENV_MISSING landfall\.yaml:\d+:\d+$/),
      expect.stringMatching(/^E_ENV_GROUP landfall\.yaml:/),
    ]),
  )
  await machine.must(['env', 'unset', 'A', 'R1'], { cwd: folder })
})

test('B56: every bad line of a file is listed, and none of it is stored', async () => {
  write(['A: {}', 'B: {}', 'D: { secret: true }'])
  const file = join(folder, '.env')
  writeFileSync(file, '\uFEFFA=1\r\nB\r\n=C\r\nA=2\r\nNOBODY=1\r\nPORT=80\r\nexport D="x\r\n', { mode: 0o600 })
  expect(await codes(['env', 'import', '.env'])).toEqual([
    'E_ENV_LINE .env:2',
    'E_ENV_LINE .env:3',
    'E_DUPLICATE .env:4',
    'E_ENV_LINE .env:7',
    'W_ENV_RESERVED .env:6',
    'E_ENV_UNKNOWN .env:5',
  ])
  const rows = await machine.json<EnvRow[]>(['env', 'list'], { cwd: folder })
  expect(rows.map((r) => r.source)).toEqual(['missing', 'missing', 'missing'])
  writeFileSync(file, `\uFEFFA=1\r\nB='two'\r\nNOBODY=1\r\nexport D="x\r\ny"\r\n`, { mode: 0o600 })
  const done = await machine.json<OpAnswers['env-import']>(['env', 'import', '.env', '--skip-unknown'], { cwd: folder })
  expect(done).toMatchObject({ set: ['A', 'B', 'D'], skipped: ['NOBODY'], findings: [] })
  // B54: who else may read it is said.
  chmodSync(file, 0o644)
  expect(await codes(['env', 'check', '.env'])).toContain('W_FILE_MODE .env')
})

test('a file of variables that git tracks is found, with the name and not the value', async () => {
  write(['TOKEN: { secret: true }', 'LEVEL: info'])
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args])
  git('init', '-q')
  writeFileSync(join(folder, '.env'), 'LEVEL=debug\nTOKEN=d0b5c4ea-in-git\n')
  writeFileSync(join(folder, '.env.example'), 'TOKEN=looks-real-but-is-an-example\n')
  expect(await codes(['check'])).not.toContain('W_SECRET_IN_GIT .env:2')
  git('add', '-f', '.env', '.env.example')
  const answer = await machine.run(['check'], { cwd: folder })
  expect(answer.stdout).toContain('.env:2 warning W_SECRET_IN_GIT git tracks .env, and TOKEN has a real value in it')
  expect(answer.stdout).not.toContain('d0b5c4ea')
  expect(answer.stdout).not.toContain('.env.example')
  rmSync(join(folder, '.git'), { recursive: true })
  for (const file of ['.env', '.env.example']) rmSync(join(folder, file))
})

test('values come from a file, a program and a pipeline, and are versions of the environment from then on', async () => {
  const key = join(machine.folder, 'key.txt')
  writeFileSync(key, 'from a file\n', { mode: 0o600 })
  writeFileSync(
    join(machine.folder, 'vault.mjs'),
    `process.stderr.write('noise'); process.stdout.write(process.env.VAULT_SAYS ?? 'from a program\\n')`,
  )
  write([
    `A: { source: { file: ${key} } }`,
    `B: { source: { command: [node, ${join(machine.folder, 'vault.mjs')}] } }`,
    'C: { source: { env: CI_TOKEN } }',
  ])
  const missing = await machine.run(['up', '--yes'], { cwd: folder })
  expect(missing.code).toBe(2)
  expect(missing.stderr).toContain('set CI_TOKEN in the environment of whoever runs landfall')
  await machine.must(['up', '--yes'], { cwd: folder, env: { CI_TOKEN: 'from a pipeline' } })
  expect(await environment()).toMatchObject({ A: 'from a file', B: 'from a program', C: 'from a pipeline' })
  const rows = await machine.json<EnvRow[]>(['env', 'list'], { cwd: folder })
  expect(rows.map((r) => r.source)).toEqual(['file', 'command', 'variable'])
  // Unset here, it stays what it was, and that is said.
  const again = await machine.run(['up', '--yes'], { cwd: folder, env: { VAULT_SAYS: 'changed' } })
  expect(again.stderr).toContain('CI_TOKEN is not set here; the value of before stays')
  expect(await environment()).toMatchObject({ A: 'from a file', B: 'changed', C: 'from a pipeline' })
  expect((await machine.run(['env', 'set', 'A=x'], { cwd: folder })).stderr).toContain('comes from a file')
  // B54, and a program that fails: named, and nothing of what it wrote.
  chmodSync(key, 0o644)
  writeFileSync(join(machine.folder, 'vault.mjs'), `console.log('s3cr3t half'); console.error('s3cr3t reason'); process.exit(3)`)
  const failed = await machine.run(['up', '--yes'], { cwd: folder })
  expect(failed.code).toBe(2)
  expect(failed.stderr).toContain(`chmod 600 ${key}`)
  expect(failed.stderr).toMatch(/B: the program that has its value ended with 3: "node"/)
  expect(failed.stderr + failed.stdout).not.toContain('s3cr3t')
})

test('a value that is built in says that it will be rebuilt, when it is set and in the plan', async () => {
  const site = [
    'site:',
    '  type: static',
    '  source: site',
    '  build: { type: command, command: [sh, -c, "printenv TITLE > index.html"], output: . }',
  ]
  mkdirSync(join(folder, 'site'), { recursive: true })
  writeFileSync(join(folder, 'site/a.txt'), 'a')
  writeApp(folder, { others: site, more: ['env:', '  TITLE: { default: Shop, public: true }'] })
  await machine.must(['up', '--yes'], { cwd: folder })
  const set = await machine.run(['env', 'set', 'TITLE=Store'], { cwd: folder })
  expect(set.stdout).toContain('built into site: the next release will rebuild it')
  const plan = await machine.run(['plan'], { cwd: folder })
  expect(plan.stdout).toContain('site is rebuilt: TITLE is built into it, and changed')
  await machine.must(['up', '--yes'], { cwd: folder })
  expect((await machine.json<OpAnswers['env-set']>(['env', 'set', 'TITLE=Store'], { cwd: folder })).rebuild).toEqual([])
})

test('the contract is printed as text, JSON and Markdown, and the sample of it can be imported once it is filled in', async () => {
  write([
    'FROM: { type: email, about: visible sender }',
    'TOKEN: { secret: true }',
    'LEVEL: { default: info, type: enum, values: [info, warn] }',
  ])
  const text = (await machine.must(['env', 'contract'], { cwd: folder })).stdout
  expect(text).toMatch(/FROM\s+yes\s+email\s+web\s+visible sender/)
  expect((await machine.must(['env', 'contract', '--markdown'], { cwd: folder })).stdout).toContain('| `TOKEN` | yes |')
  const { variables } = await machine.json<{ variables: { name: string }[] }>(['env', 'contract'], { cwd: folder })
  expect(variables.map((v) => v.name)).toEqual(['FROM', 'LEVEL', 'TOKEN'])
  await machine.must(['env', 'sample'], { cwd: folder })
  const sample = join(folder, '.env.example')
  const filled = readFileSync(sample, 'utf8').replace('FROM=', 'FROM=a@b.example').replace('TOKEN=', 'TOKEN=t0ken')
  writeFileSync(join(folder, '.env'), filled, { mode: 0o600 })
  expect((await machine.run(['env', 'sample'], { cwd: folder })).code).toBe(0)
  expect((await machine.run(['env', 'check', '.env'], { cwd: folder })).code).toBe(0)
  await machine.must(['env', 'import', '.env'], { cwd: folder })
  writeFileSync(sample, 'mine')
  expect((await machine.run(['env', 'sample'], { cwd: folder })).stderr).toContain('E_EXISTS')
  expect((await machine.run(['env', 'check'], { cwd: folder })).code).toBe(0)
  expect(readdirSync(folder).filter((f) => f.endsWith('.tmp'))).toEqual([])
})

test('what the world and the others call the app arrives as it is, and http is told where production is protected', async () => {
  const env = [
    'URL: { from: web.url }',
    'HOST: { from: web.host }',
    'INNER: { from: web.address }',
    'HOSTS: { from: routes.hosts }',
    'ORIGINS: { from: routes.origins }',
    'COOKIES: { from: routes.cookieDomain }',
    'DATABASE_NAME: { from: db.database }',
    'DATABASE_URL: { from: db.url }',
  ]
  write(env, ['resources: { db: { type: postgres } }', 'environments: { production: { protect: true } }'])
  await machine.must(['up', '--yes'], { cwd: folder })
  const url = await machine.url()
  const { host, hostname, origin } = new URL(url)
  const seen = await environment()
  expect(seen).toMatchObject({ URL: url, HOST: host, HOSTS: host, ORIGINS: origin, COOKIES: hostname })
  expect((await fetch(`http://${seen.INNER}/greeting`)).status).toBe(200)
  expect(new URL(seen.DATABASE_URL ?? '').pathname).toBe(`/${seen.DATABASE_NAME}`)
  const answer = await machine.run(['plan', '--env', 'production', '--json'], { cwd: folder })
  const told = (JSON.parse(answer.stdout) as { findings: Finding[] }).findings.filter((f) => f.code === 'W_INSECURE')
  expect(told.map((f) => f.message.split(' ')[0])).toEqual(['URL', 'ORIGINS'])
  expect(told[0]?.message).toContain('http for small.example in production, which is protected')
})
