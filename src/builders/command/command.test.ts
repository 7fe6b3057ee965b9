import { expect, test } from 'vitest'
import type { Build } from '../../model/app.ts'
import type { SourceFiles } from '../../model/plug.ts'
import any from './index.ts'

const filesOf = (...names: string[]): SourceFiles => ({ names: new Set(names), text: () => undefined })
const aBuild = (options: Build['options'] = {}): Build => ({
  builder: 'command',
  options,
  env: {},
  timeoutSeconds: 60,
  limits: {},
})
const codes = (files: SourceFiles, options?: Build['options']) => any.check(files, aBuild(options)).map((f) => f.code)

test('any command builds, and the folder that it leaves is kept', () => {
  const options = { install: ['make', 'deps'], command: ['make'], output: 'out', workspace: 'app' }
  expect(any.recipe(filesOf(), aBuild(options))).toMatchObject({
    steps: [
      { command: ['make', 'deps'], stage: 'install', cwd: 'app' },
      { command: ['make'], stage: 'build' },
    ],
    output: 'app/out',
    path: [],
  })
  expect(any.detect()).toEqual([])
  expect(codes(filesOf(), { command: ['make'] })).toEqual([])
  expect(codes(filesOf())).toEqual(['E_NO_COMMAND'])
})

test('runtimes are those that are named, else those whose files are there', () => {
  const wishes = (files: SourceFiles, runtime?: string) =>
    any.runtimes(files, aBuild({ command: ['x'], ...(runtime && { runtime }) })).map((w) => `${w.name} ${w.version}`)
  expect(wishes(filesOf('main.c'))).toEqual([])
  expect(wishes(filesOf('package.json', 'requirements.txt'))).toEqual(['node 24', 'python >=3.9'])
  expect(wishes(filesOf('package.json'), 'python@3.12')).toEqual(['python 3.12'])
  expect(wishes(filesOf(), 'node@22')).toEqual(['node 22'])
  expect(codes(filesOf(), { command: ['x'], runtime: '22' })).toEqual(['E_RUNTIME_VERSION'])
})
