import { expect, test } from 'vitest'
import { targetSuite } from '../../../test/target-suite.ts'
import { writtenFiles } from '../../../test/written-files.ts'
import { readEnvFile } from '../../manifest/env-file.ts'
import index from './index.ts'

const CONTRACT = 'src/targets/env/fixtures/write/contract'
const writtenFor = (options: Record<string, string>) => writtenFiles(CONTRACT, 'env', options)

targetSuite(index, {
  // What `landfall env import` says of the file, filled in.
  validate: (files) =>
    Object.entries(files).flatMap(([name, text]) => {
      const taken = text.replace(/^# ([A-Z_][A-Z0-9_]*(?:=|: ))/gm, '$1')
      return readEnvFile(name, taken).findings.map((f) => `${f.at} ${f.message}`)
    }),
  options: [{}, { format: 'yaml' }],
})

test('a target gets its own names, and nothing that has no business there', async () => {
  const names = async (options: Record<string, string>) => {
    const [file] = Object.values(await writtenFor(options))
    return [...(file ?? '').matchAll(/^(?:# )?([A-Z]\w*)=/gm)].map(([, name]) => name)
  }
  expect(await names({})).not.toContain('RENDER_ONLY')
  const render = await names({ for: 'render' })
  expect(render).toEqual(expect.arrayContaining(['SENDER', 'DATABASE_URL', 'RENDER_ONLY']))
  expect(render).not.toContain('NOT_RENDER')
  expect(await names({ for: 'cloudron' })).toContain('CLOUDRON_POSTGRESQL_URL')
})

test('a format that is none is refused', async () => {
  await expect(writtenFor({ format: 'toml' })).rejects.toMatchObject({ code: 'E_USAGE' })
})
