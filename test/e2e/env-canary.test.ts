// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeApp } from './an-app.ts'
import { isAlive, Machine, until } from './helpers.ts'

// Secrets that can be told from everything else, in every way in which one may come: set, imported, from a program, as a file. They
// are looked for in all that Landfall writes, says and starts.
const CANARIES = {
  SET: 'canary-set-7d1f0a9c',
  IMPORTED: 'canary-imported-7d1f0a9c',
  ASKED: 'canary-asked-7d1f0a9c',
  PIPELINE: 'canary-pipeline-7d1f0a9c',
  AS_FILE: 'canary-file-7d1f0a9c',
  // Breaks a rule, so that it ends up near an error.
  REFUSED: 'canary-refused-7d1f0a9c',
}
const MARK = '7d1f0a9c'

let machine: Machine
let folder: string
let said = ''

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'small')
})
afterAll(() => machine?.close())

async function say(args: string[], options: { env?: Record<string, string>; input?: string } = {}): Promise<void> {
  const answer = await machine.run(args, { cwd: folder, ...options })
  said += `\n$ ${args.join(' ')}\n${answer.stdout}${answer.stderr}`
}

const manifest = [
  'env:',
  '  SET: { secret: true, onRotate: everyone is logged out }',
  '  IMPORTED: { secret: true, minLength: 8 }',
  '  ASKED: { source: { command: [node, -e, "process.stdout.write(process.env.VAULT)"] } }',
  '  PIPELINE: { source: { env: CI_TOKEN } }',
  '  AS_FILE: { secret: true, delivery: file }',
  '  REFUSED: { secret: true, required: false, pattern: "[0-9]+", type: url }',
  '  LINE: "key=${SET}"',
]

/** Everything below a folder that can be read; what is encrypted or an instance's own file is told apart by its path. */
function filesWith(root: string, isAllowed: (path: string) => boolean): string[] {
  const found: string[] = []
  const walk = (path: string) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name))
    else if (stat?.isFile() && !isAllowed(path) && readFileSync(path).includes(MARK)) found.push(path)
  }
  walk(root)
  return found
}

test('a secret is in the environment of its instances and nowhere else', async () => {
  writeApp(folder, {
    more: manifest,
    others: [
      'queue:',
      '  type: worker',
      '  build: { type: command, command: [node, --version], output: . }',
      '  run: [node, -e, "setInterval(() => {}, 1000)"]',
    ],
  })
  const env = { VAULT: CANARIES.ASKED, CI_TOKEN: CANARIES.PIPELINE }
  const dotenv = join(folder, '.env')
  writeFileSync(dotenv, `IMPORTED="${CANARIES.IMPORTED}"\nAS_FILE=${CANARIES.AS_FILE}\n`, { mode: 0o600 })
  // This one starts the daemon, which lives on with whatever it was given.
  await say(['env', 'set', 'SET'], { input: `${CANARIES.SET}\n`, env: { CI_TOKEN: CANARIES.PIPELINE } })
  await say(['env', 'set', 'REFUSED'], { input: CANARIES.REFUSED })
  await say(['env', 'import', '.env', '--json'])
  await say(['env', 'check', '.env'])
  writeFileSync(
    dotenv,
    `IMPORTED="${CANARIES.IMPORTED}\nAS_FILE=${CANARIES.AS_FILE}\nREFUSED=${CANARIES.REFUSED}\n${CANARIES.SET}\n`,
    { mode: 0o600 },
  )
  await say(['env', 'import', '.env'])
  await say(['env', 'check', '.env'])
  writeFileSync(dotenv, '')
  await say(['plan', '--json'], { env })
  await say(['up', '--yes', '--json'], { env })
  const url = await machine.url()
  const seen = (await (await fetch(`${url}/env`)).json()) as Record<string, string>
  expect(seen).toMatchObject({
    SET: CANARIES.SET,
    IMPORTED: CANARIES.IMPORTED,
    ASKED: CANARIES.ASKED,
    PIPELINE: CANARIES.PIPELINE,
    LINE: `key=${CANARIES.SET}`,
  })
  expect(readFileSync(seen.AS_FILE_FILE ?? '', 'utf8')).toBe(CANARIES.AS_FILE)

  // A release that fails, one that is only its new values, a death, a way back.
  writeApp(folder, { more: manifest, mode: 'crashing' })
  await say(['up', '--yes'], { env })
  writeApp(folder, { more: manifest })
  await say(['env', 'set', `SET=${CANARIES.SET}-2`])
  await say(['plan'], { env: { ...env, VAULT: `${CANARIES.ASKED}-2` } })
  await say(['up', '--yes'], { env: { ...env, VAULT: `${CANARIES.ASKED}-2` } })
  await fetch(`${url}/die`).catch(() => {})
  await until('it answers again', async () => (await fetch(url).catch(() => undefined))?.ok || undefined)
  for (const args of [
    ['ps'],
    ['ps', '--json'],
    ['runs'],
    ['logs', '-n', '500'],
    ['env', 'list'],
    ['env', 'list', '--json'],
    ['env', 'contract'],
    ['env', 'sample', '--out', '-'],
    ['env', 'check'],
    ['doctor'],
    ['check'],
    ['smoke'],
    ['exec', 'web', '--', 'ls', '/'],
    ['env', 'unset', 'NOTHING'],
    ['attach', 'run-1', '--json'],
  ])
    await say(args, { env })
  await say(['rollback', '--yes', '--json'])
  await say(['env', 'rotate-key'])

  // Where it is not: answers, arguments of any process, files.
  expect(said.split('\n').filter((line) => line.includes(MARK) && !line.startsWith('$ '))).toEqual([])
  expect(said).toContain('(secret)')
  for (const pid of machine.processes()) expect(machine.commandOf(pid), String(pid)).not.toContain(MARK)
  const ofDaemon = readFileSync(`/proc/${machine.daemonPid()}/environ`)
  expect(ofDaemon.includes('LANDFALL_HOME') && !ofDaemon.includes(MARK)).toBe(true)
  await machine.must(['stop'])
  const isInstance = (path: string) => /\/instances\/[^/]+\/secrets\//.test(path)
  expect(filesWith(machine.home, isInstance)).toEqual([])
  // The stores are closed now, so that nothing of them is in memory alone.
  expect(readdirSync(machine.home)).toContain('state.db.prev')

  // Where it is: processes of the app, and no process of ours.
  const environs = machine.processes().filter((pid) => isAlive(pid) && readFileSync(`/proc/${pid}/environ`).includes(MARK))
  expect(environs.length).toBeGreaterThan(0)
  for (const pid of environs) expect(machine.commandOf(pid), String(pid)).toMatch(/server\.mjs|setInterval/)
})
