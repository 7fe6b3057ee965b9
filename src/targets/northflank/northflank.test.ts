import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { exportApp } from '../../../test/export-of.ts'
import { targetSuite } from '../../../test/target-suite.ts'
import index from './index.ts'

const schema = JSON.parse(readFileSync('test/schemas/northflank-template.schema.json', 'utf8'))
const template = new Ajv({ strict: false, allErrors: false }).compile(schema)

targetSuite(index, {
  validate: (files) => {
    const text = files['northflank.json']
    if (text === undefined || template(JSON.parse(text))) return []
    return (template.errors ?? []).slice(0, 20).map((e) => `${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`)
  },
  options: [{}, { plan: 'free' }, { repository: 'https://github.com/acme/shop', branch: 'release', region: 'us-central' }],
  notReadBack: {
    'components\\.\\w+\\.(source|build\\..*|run.*|stop\\.signal|serve\\..*)':
      'the Dockerfile has it: its own reader finds it there',
    'components\\.\\w+\\.health': 'one text and a mapping of one key say the same',
    'groups\\..*': 'the entrypoint looks at it',
    '(env|components\\.\\w+\\.env)\\.\\w+\\.(minLength|pattern|required|secret|about)': 'the entrypoint has it',
  },
})

test('a value that is made is the same for all who read it, and nobody else has one that is asked for', async () => {
  const { files } = await exportApp({
    folder: 'src/targets/northflank/fixtures/write/studio',
    target: 'northflank',
    today: '2026-11-21',
  })
  const text = files['northflank.json']?.text ?? ''
  expect(text.match(/randomSecret/g)?.length).toBe(2)
  expect(JSON.parse(text).arguments).toMatchObject({ SMTP_PASSWORD: '', REPOSITORY: '' })
  expect(files['sample.northflank.env']?.text).toMatch(/^SMTP_PASSWORD=$/m)
  // The image's own entrypoint is the only one that knows the release.
  expect(text).not.toContain('customCommand": "')
})

test('the schema refuses what is no key of a template', () => {
  expect(template({ apiVersion: 'v1.2', spec: { kind: 'Workflow', spec: { type: 'sequential', steps: [], cpu: 2 } } })).toBe(
    false,
  )
})
