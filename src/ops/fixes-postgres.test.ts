import { expect, test } from 'vitest'
import postgres from '../resources/postgres/index.ts'
import { checkOptions } from '../resources/postgres/options.ts'
import { fixesOf } from './fixes.ts'

test('a PostgreSQL of the distribution that is missing is installed in the major that the manifest names', () => {
  const db = { name: 'db', type: postgres.type, options: { server: 'system', version: 17 } }
  const findings = checkOptions(db, { name: 'local', isProtected: false }, new Date('2026-06-01'), () => [])
  const machine = (manager: string, isRoot: boolean) => ({
    isRoot,
    has: (program: string) => [manager, 'sudo'].includes(program),
  })
  const commandOf = (manager: string, isRoot = true) =>
    fixesOf(findings, '/home', machine(manager, isRoot)).map((f) => f.command.join(' '))
  expect(commandOf('apt-get')).toEqual(['apt-get install --yes --no-install-recommends postgresql-17'])
  expect(commandOf('apt-get', false)).toEqual(['sudo apt-get install --yes --no-install-recommends postgresql-17'])
  expect(commandOf('dnf')).toEqual(['dnf install --assumeyes postgresql-server postgresql-contrib'])
})
