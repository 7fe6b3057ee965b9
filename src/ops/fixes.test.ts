import { expect, test } from 'vitest'
import type { Finding } from '../model/finding.ts'
import { fixesOf } from './fixes.ts'

const finding = (code: string, at = 'resources.cache'): Finding => ({ level: 'error', code, at, message: '' })
const machine = (isRoot: boolean, ...programs: string[]) => ({ isRoot, has: (program: string) => programs.includes(program) })
const commandsOf = (code: string, on: ReturnType<typeof machine>) =>
  fixesOf([finding(code)], '/nowhere', on).map((f) => f.command.join(' '))

test.each([
  ['apt-get', 'apt-get install --yes --no-install-recommends redis-server'],
  ['dnf', 'dnf install --assumeyes valkey'],
  ['apk', 'apk add valkey'],
  ['pacman', 'pacman -S --noconfirm --needed valkey'],
  ['zypper', 'zypper --non-interactive install redis'],
  ['brew', 'brew install valkey'],
])('a machine with %s installs the server so: %s', (manager, command) => {
  expect(commandsOf('E_NO_SERVER', machine(true, manager))).toEqual([command])
})

test('an ordinary user goes through sudo, but not for brew, and without sudo there is nothing to offer', () => {
  expect(commandsOf('E_SETPRIV', machine(false, 'apk', 'sudo'))).toEqual(['sudo apk add setpriv'])
  expect(commandsOf('E_NO_SERVER', machine(false, 'brew', 'sudo'))).toEqual(['brew install valkey'])
  expect(commandsOf('E_NO_SERVER', machine(false, 'apt-get'))).toEqual([])
  expect(commandsOf('E_NO_SERVER', machine(true))).toEqual([])
})

test('the same fix is offered once, and a version that is wrong elsewhere is no reason to go back', () => {
  const findings = [finding('E_NO_SERVER'), finding('E_NO_SERVER', 'resources.other'), finding('E_VERSION'), finding('E_TYPE')]
  expect(fixesOf(findings, '/nowhere', machine(true, 'apt-get')).map((f) => f.code)).toEqual(['E_NO_SERVER'])
})

test('what a user wrote is behind the two dashes', () => {
  const [fix] = fixesOf([finding('E_MODE', '/a home/-rf')], '/a home', machine(true))
  expect(fix?.command).toEqual(['chmod', '600', '--', '/a home/-rf'])
})
