import { expect, test } from 'vitest'
import type { Build } from '../../model/app.ts'
import type { SourceFiles } from '../../model/plug.ts'
import site from './index.ts'

const filesOf = (...names: string[]): SourceFiles => ({ names: new Set(names), text: () => undefined })
const aBuild = (options: Build['options'] = {}): Build => ({
  builder: 'static',
  options,
  env: {},
  timeoutSeconds: 60,
  limits: {},
})

test('a folder with a page is a site; pages of a framework, of tests and below another page are not', () => {
  const found = site.detect(
    filesOf('www/index.html', 'www/about/index.html', 'app/package.json', 'app/index.html', 'test/index.html'),
  )
  expect(found.map((d) => [d.folder, d.component.name])).toEqual([['www', 'www']])
  expect(site.detect(filesOf('index.html'))).toMatchObject([{ folder: '.', component: { name: 'site', type: 'static' } }])
  expect(site.detect(filesOf('package.json', 'index.html'))).toEqual([])
})

test('files are published as they are; a command makes them first', () => {
  expect(site.recipe(filesOf('index.html'), aBuild())).toEqual({ steps: [], output: '.', path: [] })
  const made = site.recipe(filesOf(), aBuild({ workspace: 'docs', command: ['make', 'html'], output: 'out' }))
  expect(made).toMatchObject({ steps: [{ command: ['make', 'html'], cwd: 'docs' }], output: 'docs/out' })
})

test('an output without anything in it is an error, one without a page a warning, and with a command it is not known yet', () => {
  const codes = (files: SourceFiles, options?: Build['options']) => site.check(files, aBuild(options)).map((f) => f.code)
  expect(codes(filesOf('index.html'))).toEqual([])
  expect(codes(filesOf('a.txt'))).toEqual(['W_NO_INDEX'])
  expect(codes(filesOf('a.txt'), { output: 'dist' })).toEqual(['E_NO_OUTPUT'])
  expect(codes(filesOf('a.txt'), { output: 'dist', command: ['make'] })).toEqual([])
  expect(site.runtimes(filesOf('package.json', 'index.html'), aBuild())).toEqual([])
})
