import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli, builtCli, landfall, removeCli } from '../../test/wire/command-line.ts'
import { aHome, callsIn } from '../../test/wire/home.ts'
import { anAppIn, aPlace, upScenario } from '../../test/wire/place.ts'
import { findDaemon } from '../daemon/start.ts'
import { packageVersion } from '../lib/package.ts'

beforeAll(buildCli)
afterAll(removeCli)

test('--version and --help need no daemon and no home', async () => {
  const home = aHome()
  expect(await landfall(['--version'], { home })).toEqual({ code: 0, stdout: `${packageVersion}\n`, stderr: '' })
  const help = await landfall([], { home })
  expect(help.code).toBe(0)
  for (const name of [
    'init',
    'check',
    'plan',
    'up',
    'rollback',
    'down',
    'ps',
    'logs',
    'exec',
    'run',
    'env',
    'doctor',
    'serve',
    'stop',
  ])
    expect(help.stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'))
  expect(await findDaemon(home)).toBeUndefined()
})

test('every command has help with examples', async () => {
  const home = aHome()
  const commands = ['up', 'plan', 'check', 'attach', 'logs', 'exec', 'rollback', 'env set', 'completion', 'smoke']
  for (const name of commands) {
    const { code, stdout } = await landfall([...name.split(' '), '--help'], { home })
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: landfall ${name}`)
    expect(stdout).toContain(`Examples:\n  landfall ${name}`)
  }
})

test.each([
  [['pss'], "unknown command 'pss', did you mean ps?", 'landfall <command> [options]'],
  [['up', '--jsn'], "unknown option '--jsn', did you mean --json?", 'landfall up [options] [components...]'],
  [['up', '--env'], "option '--env <name>' argument missing", 'landfall up [options] [components...]'],
  [['env', 'sett', 'A=1'], "unknown command 'sett', did you mean set?", 'landfall env [options] [command]'],
  [['attach'], "missing required argument 'run'", 'landfall attach [options] <run>'],
  [['ps', 'a', 'b'], 'too many arguments', 'landfall ps [options] [folder]'],
  [['env'], 'a command is missing', 'landfall env [options] [command]'],
  [['logs', '--since', 'yesterday'], '--since wants 30s, 10m, 2h, 1d', undefined],
  [['logs', '-n', '0'], '--lines wants a whole number from 1', undefined],
  [['completion', 'tcsh'], 'no completion for "tcsh"', undefined],
])('B51: %j ends with 2, what was meant and how it is used', async (args, message, usage) => {
  const home = aHome()
  const { code, stdout, stderr } = await landfall(args, { home })
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(`error E_USAGE: ${message}`)
  if (usage) expect(stderr).toContain(`usage: ${usage}`)
  expect(await findDaemon(home)).toBeUndefined()
})

test('B51: with --json an error is one document', async () => {
  const { code, stdout, stderr } = await landfall(['logs', '--json', '--nope'], { home: aHome() })
  expect([code, stderr]).toEqual([2, ''])
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'error',
    error: { code: 'E_USAGE', detail: expect.stringContaining('usage:') },
  })
})

test('B52: without a manifest it says what was searched, where one is, and starts nothing', async () => {
  const home = aHome()
  const cwd = anAppIn(home)
  mkdirSync(`${cwd}/deep/er`, { recursive: true })
  for (const args of [['plan'], ['check'], ['smoke'], ['env', 'list']]) {
    const { code, stderr } = await landfall(args, { home, cwd: `${cwd}/deep/er` })
    expect(code, args.join(' ')).toBe(2)
    expect(stderr).toContain('E_NO_MANIFEST')
    expect(stderr).toContain(`${cwd}/deep/er/landfall.yaml`)
    expect(stderr).toContain(`-C ${cwd}`)
  }
  const { stderr } = await landfall(['plan', '-C', '/no/such/folder'], { home })
  expect(stderr).toContain('there is no folder /no/such/folder')
  expect(await findDaemon(home)).toBeUndefined()
})

test('B52: up in the middle of an app points at its manifest, and elsewhere offers one', async () => {
  const home = aHome()
  const cwd = anAppIn(home)
  mkdirSync(`${cwd}/deep`)
  writeFileSync(`${cwd}/deep/package.json`, '{ "scripts": { "start": "node server.js" } }')
  const inside = await landfall(['up', '--yes'], { home, cwd: `${cwd}/deep` })
  expect([inside.code, inside.stderr]).toEqual([2, expect.stringContaining(`-C ${cwd}`)])
  expect(existsSync(`${cwd}/deep/landfall.yaml`)).toBe(false)
  const other = `${home}/other`
  mkdirSync(other)
  const empty = await landfall(['up', '--yes'], { home, cwd: other })
  expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining('E_INIT_NOTHING')])
  writeFileSync(`${other}/index.html`, 'hi')
  const asked = await landfall(['up'], { home, cwd: other })
  expect(asked.code).toBe(2)
  expect(asked.stderr).toContain('│ app: other')
  expect(asked.stderr).toContain('E_CONFIRM')
  expect(existsSync(`${other}/landfall.yaml`)).toBe(false)
  const written = await landfall(['init', '--yes'], { home, cwd: other })
  expect([written.code, written.stdout]).toEqual([0, expect.stringContaining(`wrote ${other}/landfall.yaml`)])
  expect((await landfall(['check'], { home, cwd: other })).code).toBe(0)
  const again = await landfall(['init', '--yes'], { home, cwd: other })
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('E_EXISTS')])
  expect(await findDaemon(home)).toBeUndefined()
})

test.each(['../../etc', '-x', 'a b', '$(id)', '', 'UPPER', 'nl\nx', 'x'.repeat(60)])(
  'an environment called %j is refused at once',
  async (env) => {
    const { code, stderr } = await landfall(['logs', `--env=${env}`], { home: aHome() })
    expect([code, stderr]).toEqual([2, expect.stringContaining('error E_NAME: not a name of an environment')])
  },
)

test('B52: two manifests are one too many', async () => {
  const home = aHome()
  const cwd = anAppIn(home)
  writeFileSync(`${cwd}/landfall.config.ts`, 'export default {}')
  const { code, stderr } = await landfall(['plan'], { home, cwd })
  expect([code, stderr]).toEqual([2, expect.stringContaining('E_TWO_MANIFESTS')])
})

test('the last argument is the folder where it looks like one', async () => {
  const { home, cwd } = await aPlace(upScenario)
  await landfall(['up', 'web', './app', '--yes'], { home })
  await landfall(['-C', cwd, 'up', '--yes=shop'], { home })
  await landfall(['rollback', 'r1', cwd, '--yes'], { home })
  const inputs = callsIn(home)
    .filter((c) => c.name === 'plan')
    .map((c) => c.input)
  expect(inputs.map((i) => i?.folder)).toEqual([cwd, cwd, cwd])
  expect(inputs.map((i) => i?.wish)).toEqual([{ type: 'up', only: ['web'] }, { type: 'up' }, { type: 'rollback', to: 'r1' }])
})

test('the script for bash completes words as they are typed, and evaluates none of them', async () => {
  const home = aHome()
  const cwd = anAppIn(home)
  const { stdout: script } = await landfall(['completion', 'bash'], { home })
  const ask = (words: string[]) => {
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const text = `landfall() { '${process.execPath}' '${builtCli}' "$@"; }
${script}
COMP_WORDS=(landfall ${quoted}); COMP_CWORD=${words.length}; _landfall; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', text], {
      cwd,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LANDFALL_HOME: home },
    }).stdout.trim()
  }
  expect(ask(['ro'])).toBe('rollback')
  expect(ask(['up', 'w'])).toBe('web')
  expect(ask(['up', '--env', '=', 'lo'])).toBe('local')
  expect(ask(['up', '$(touch evil)', '`touch evil`', ''])).toContain('web')
  expect(existsSync(`${cwd}/evil`)).toBe(false)
})

test('NO_COLOR and pipes are plain, FORCE_COLOR is not', async () => {
  const { home, cwd } = await aPlace(upScenario)
  expect((await landfall(['plan'], { home, cwd })).stdout).not.toContain('\u001b')
  expect((await landfall(['plan'], { home, cwd, env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[')
  expect((await landfall(['plan'], { home, cwd, env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain('\u001b')
})

test('landfall.config.ts is run here, and only its data travels', async () => {
  const { home } = await aPlace(upScenario)
  const cwd = `${home}/configured`
  mkdirSync(cwd)
  writeFileSync(
    `${cwd}/landfall.config.ts`,
    "import { defineApp } from 'landfall'\nexport default defineApp({ app: 'shop' as string, components: {} })",
  )
  await landfall(['plan'], { home, cwd })
  expect(callsIn(home)[0]?.input).toMatchObject({ config: { app: 'shop', components: {} }, folder: cwd })
})

test('check reads the manifest without a daemon', async () => {
  const home = aHome()
  const cwd = anAppIn(home)
  writeFileSync(`${cwd}/index.html`, 'hi')
  const fine = await landfall(['check'], { home, cwd })
  expect([fine.code, fine.stderr]).toEqual([0, ''])
  writeFileSync(`${cwd}/landfall.yaml`, 'app: shop\ncomponents:\n  web:\n    type: static\n    replcias: 2\n')
  const wrong = await landfall(['check'], { home, cwd })
  expect(wrong.code).toBe(2)
  expect(wrong.stdout).toMatch(/landfall\.yaml:5:5 error E_UNKNOWN_KEY/)
  expect(wrong.stdout).toContain('    ^^^^^^^^')
  const json = await landfall(['check', cwd, '--json'], { home })
  expect(JSON.parse(json.stdout).findings[0]).toMatchObject({ code: 'E_UNKNOWN_KEY' })
  expect(await findDaemon(home)).toBeUndefined()
})

test('the schema is JSON Schema', async () => {
  const { code, stdout } = await landfall(['schema'], { home: aHome() })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ type: 'object', properties: { components: expect.anything() } })
})

test('completion knows commands, flags, components, environments, tasks and runs', async () => {
  const runs = [{ run: 'run-3', app: 'shop', environment: 'local', intent: 'up', startedAt: 'now' }]
  const { home, cwd } = await aPlace({ ops: { runs: { answer: runs } } })
  writeFileSync(
    `${cwd}/landfall.yaml`,
    'app: shop\ncomponents:\n  web: { type: web }\n  server: { type: web, seed: [x] }\nenvironments:\n  staging: {}\nenv:\n  SMTP_FROM: {}\nroutes:\n  - { host: shop.example, to: web }\n',
  )
  const complete = async (...words: string[]) =>
    (await landfall(['complete', '--', ...words], { home, cwd })).stdout.split('\n').map((line) => line.split('\t')[0])
  expect(await complete('ro')).toContain('rollback')
  expect(await complete('env', '')).toEqual(expect.arrayContaining(['list', 'set', 'unset']))
  expect(await complete('up', '')).toEqual(expect.arrayContaining(['web', 'server']))
  expect(await complete('up', '--e')).toContain('--env')
  expect(await complete('up', '--env', '')).toEqual(expect.arrayContaining(['local', 'staging']))
  expect(await complete('run', 's')).toContain('server.seed')
  expect(await complete('env', 'set', 'SM')).toContain('SMTP_FROM')
  expect(await complete('open', '')).toContain('shop.example')
  expect(await complete('attach', '')).toContain('run-3')
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await landfall(['completion', shell], { home })
    expect(code).toBe(0)
    expect(stdout).toContain('landfall complete --')
  }
})
