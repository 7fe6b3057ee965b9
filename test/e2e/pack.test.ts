import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lacks } from '../capabilities.ts'
import { writeApp } from './an-app.ts'
import { Machine, repositoryFolder } from './helpers.ts'

// What a stranger gets: the packed package, with whatever Node and npm the machine has, in a folder that knows nothing of us.
let machine: Machine
let stranger: string
let tarball: string

beforeAll(async () => {
  machine = await Machine.make()
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', machine.folder, '--loglevel=error'], {
    cwd: repositoryFolder,
    encoding: 'utf8',
    env: machine.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const answer: unknown = JSON.parse(packed.slice(packed.search(/^[[{]/m)))
  const [first] = Array.isArray(answer) ? answer : Object.values(answer as Record<string, unknown>)
  tarball = (first as { filename: string }).filename
  stranger = join(machine.folder, 'a stranger')
  mkdirSync(stranger)
  writeFileSync(join(stranger, 'package.json'), '{ "private": true }')
  copyFileSync(join(machine.folder, tarball), join(stranger, tarball))
})
afterAll(() => machine?.close())

/** The machine's own Node, not the pinned one that `npm test` puts in front. */
function withoutPinnedNode(): Record<string, string> {
  const path = (machine.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return { ...machine.env, PATH: path.join(delimiter) }
}
/** npm looks for a file from the nearest folder with a package.json on: strangers have one. */
function npx(args: string[], cwd = stranger): { code: number | null; stdout: string; stderr: string } {
  const done = spawnSync('npx', ['--yes', `./${tarball}`, ...args], {
    cwd,
    encoding: 'utf8',
    env: withoutPinnedNode(),
    timeout: 280_000,
  })
  return { code: done.status, stdout: done.stdout, stderr: done.stderr }
}

test('the package holds what runs and nothing else, and needs no other package', () => {
  const listed = execFileSync('tar', ['tzf', join(stranger, tarball)], { encoding: 'utf8' })
    .trim()
    .split('\n')
  expect(listed).toContain('package/bin/landfall.cjs')
  expect(listed).toContain('package/dist/cli.mjs')
  expect(listed).toContain('package/LICENSE')
  expect(listed.filter((file) => /\/(src|test|examples|bench|scripts|node_modules)\//.test(file))).toEqual([])
  const { dependencies, scripts } = JSON.parse(
    execFileSync('tar', ['xzOf', join(stranger, tarball), 'package/package.json'], { encoding: 'utf8' }),
  )
  expect(dependencies ?? {}).toEqual({})
  for (const hook of ['preinstall', 'install', 'postinstall']) expect(scripts?.[hook]).toBeUndefined()
})

test('`npx ./landfall-….tgz up` brings an app in a stranger’s folder', async () => {
  if (lacks('npm')) return
  writeApp(stranger, { name: 'strange', text: 'from a tarball' })
  const version = npx(['--version'])
  expect(version.stderr).not.toMatch(/^error/m)
  expect(version.stdout.trim()).toBe(JSON.parse(readFileSync(join(repositoryFolder, 'package.json'), 'utf8')).version)
  const up = npx(['up', '.', '--yes'])
  expect(up.code, up.stderr).toBe(0)
  const url = /http:\/\/localhost:\d+/.exec(up.stdout)?.[0] ?? ''
  expect(await (await fetch(url)).text()).toBe('from a tarball')
  const down = npx(['down', '.', '--yes'])
  expect(down.code, down.stderr).toBe(0)
})

test('a folder without a manifest is told what to do', () => {
  const empty = join(machine.folder, 'empty')
  mkdirSync(empty)
  writeFileSync(join(empty, 'package.json'), '{ "private": true }')
  copyFileSync(join(stranger, tarball), join(empty, tarball))
  const up = npx(['up', '--yes'], empty)
  expect(up.code).toBe(2)
  expect(up.stderr).toContain('landfall.yaml')
})
