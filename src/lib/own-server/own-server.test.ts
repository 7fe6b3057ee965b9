import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildPrograms } from '../../../test/server-bench.ts'
import { claimFolder } from './claim-folder.ts'
import { installProgram, programVersion } from './program.ts'

let folder: string
beforeAll(buildPrograms)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-server-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('an empty folder becomes the server’s own, and stays it', () => {
  mkdirSync(join(folder, 'lost+found'))
  writeFileSync(join(folder, 'lock'), '')
  for (let i = 0; i < 2; i++) claimFolder(folder, 'mailbox', 2)
  expect(readFileSync(join(folder, 'version'), 'utf8')).toBe('mailbox 2\n')
})

test('files of somebody else keep a server from starting in their folder', () => {
  writeFileSync(join(folder, 'photo.jpg'), '')
  expect(() => claimFolder(folder, 'mailbox', 1)).toThrow(/holds photo\.jpg but no file version/)
  expect(readdirSync(folder)).toEqual(['photo.jpg'])
})

test('data of another server or of a newer version is refused, older is taken', () => {
  for (const text of ['bucket 1', 'mailbox 3', 'mailbox', 'mailbox x', '']) {
    writeFileSync(join(folder, 'version'), `${text}\n`)
    expect(() => claimFolder(folder, 'mailbox', 2), text).toThrow(/it is left as it is/)
    expect(readFileSync(join(folder, 'version'), 'utf8')).toBe(`${text}\n`)
  }
  writeFileSync(join(folder, 'version'), 'mailbox 1\n')
  claimFolder(folder, 'mailbox', 2)
})

test('an artifact is a copy that every user can read, with the Node that made it', () => {
  chmodSync(folder, 0o700)
  installProgram('mailbox', programVersion('mailbox'), folder, () => {})
  expect(readdirSync(folder).sort()).toEqual(['bin', 'node', 'program.mjs'])
  expect(readFileSync(join(folder, 'node'), 'utf8')).toBe(`${process.execPath}\n`)
  for (const path of ['', 'bin', 'bin/start']) expect(statSync(join(folder, path)).mode & 0o777, path).toBe(0o755)
  for (const path of ['node', 'program.mjs']) expect(statSync(join(folder, path)).mode & 0o777, path).toBe(0o644)
})

test('the version follows from the program, and one that is no longer there is not passed off as it', () => {
  expect(programVersion('mailbox')).toMatch(/^[0-9a-f]{12}$/)
  expect(programVersion('nothing')).toBe('unbuilt')
  expect(() => installProgram('mailbox', '0123456789ab', folder, () => {})).toThrowError(
    expect.objectContaining({ code: 'E_CHANGED' }),
  )
  expect(() => installProgram('nothing', 'unbuilt', folder, () => {})).toThrowError(
    expect.objectContaining({ code: 'E_CHANGED', hint: expect.stringContaining('npm run build') }),
  )
  expect(readdirSync(folder)).toEqual([])
})
