import { chmodSync, mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { newFolder, removeFolder } from '../../../test/server-bench.ts'
import { findServer, findServers, isOlder } from './find-server.ts'
import { installFrom } from './install.ts'

let root: string
beforeAll(() => {
  root = newFolder()
})
afterAll(() => removeFolder(root))

/** A program that says what a server of that version says. */
function aProgram(name: string, says: string, mode = 0o755): string {
  const folder = mkdtempSync(join(root, 'bin-'))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, name), `#!/bin/sh\necho '${says}'\n`, { mode })
  chmodSync(join(folder, name), mode)
  return folder
}

test('servers are known by what they say of themselves', () => {
  const folders = [
    aProgram('redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d'),
    aProgram('valkey-server', 'Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1'),
    aProgram('valkey-server', 'Server v=7.2.5 sha=00000000:0'),
  ]
  expect(findServers(folders).map(({ flavour, version }) => `${flavour} ${version}`)).toEqual([
    'redis 7.0.15',
    'valkey 8.1.1',
    'valkey 7.2.5',
  ])
})

test('a link named redis-server to a Valkey is a Valkey', () => {
  const folder = aProgram('valkey-server', 'Server v=7.2.5')
  symlinkSync('valkey-server', join(folder, 'redis-server'))
  expect(findServers([folder]).map((found) => found.flavour)).toEqual(['valkey', 'valkey'])
})

test('what cannot be run, says nothing sensible or is a folder is none', () => {
  const folder = mkdtempSync(join(root, 'bin-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'redis-server'))
  const folders = [
    folder,
    aProgram('redis-server', 'Redis server v=7.0.15', 0o644),
    aProgram('redis-server', 'hello'),
    '/nowhere',
  ]
  expect(findServers(folders)).toEqual([])
})

test('the first that is new enough is taken, or the first of the version that is wished', () => {
  const found = (version: string) => ({ file: `/${version}`, flavour: 'redis', version }) as const
  const there = [found('5.0.14'), found('7.0.15'), found('7.2.1'), found('8.0.3')]
  expect(findServer(there)?.version).toBe('7.0.15')
  expect(['7', '7.2', '8', '7.0', '5', '70'].map((wish) => findServer(there, wish)?.version)).toEqual([
    '7.0.15',
    '7.2.1',
    '8.0.3',
    '7.0.15',
    undefined,
    undefined,
  ])
  expect([isOlder('6.0.16', '6.2'), isOlder('7.0', '6.2'), isOlder('6.2.1', '6.2')]).toEqual([true, false, false])
})

needs('root').test('a server that other users cannot reach is none, since servers never run as root', () => {
  const folder = aProgram('redis-server', 'Redis server v=7.0.15')
  expect(findServers([folder])).toHaveLength(1)
  chmodSync(folder, 0o700)
  expect(findServers([folder])).toEqual([])
})

test('without a server there is no artifact, and the error says what to do', () => {
  const into = mkdtempSync(join(root, 'into-'))
  const old = aProgram('redis-server', 'Redis server v=5.0.7')
  const install = (folders: string[], version: string) => () => installFrom(findServers(folders), version, into, () => {})
  expect(install([], 'any+1')).toThrowError(
    expect.objectContaining({ code: 'E_NO_SERVER', hint: expect.stringContaining('apt-get install redis-server') }),
  )
  expect(install([old], 'any+1')).toThrowError(expect.objectContaining({ detail: `there is redis 5.0.7 (${old}/redis-server)` }))
  const seven = aProgram('redis-server', 'Redis server v=7.0.15')
  expect(install([seven], '8+1')).toThrowError(
    expect.objectContaining({ message: 'there is no Redis or Valkey 8 on this machine' }),
  )
})

test('the artifact names the server that was found, and every user can read it', () => {
  const into = mkdtempSync(join(root, 'into-'))
  const folder = aProgram('redis-server', 'Redis server v=7.0.15')
  const said: string[] = []
  installFrom(findServers([folder]), 'any+1', into, (line) => said.push(line))
  expect(readFileSync(join(into, 'server'), 'utf8')).toBe(`${folder}/redis-server\nredis 7.0.15\n`)
  expect(said).toEqual([`redis 7.0.15 of this machine: ${folder}/redis-server`])
  expect([statSync(into).mode & 0o777, statSync(join(into, 'bin/landfall-redis')).mode & 0o777]).toEqual([0o755, 0o755])
})
