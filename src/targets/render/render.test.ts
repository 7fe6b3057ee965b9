import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { exportApp } from '../../../test/export-of.ts'
import { targetSuite } from '../../../test/target-suite.ts'
import index from './index.ts'

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
const schema = JSON.parse(readFileSync('test/schemas/render-blueprint.schema.json', 'utf8'))
const blueprint: ValidateFunction = ajv.compile(schema)

targetSuite(index, {
  validate: (files) => {
    const text = files['render.yaml']
    if (text === undefined || blueprint(parse(text))) return []
    return (blueprint.errors ?? []).map((e) => `${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`)
  },
  options: [{}, { plan: 'free' }, { plan: 'standard', region: 'frankfurt', script: 'yes' }],
  notReadBack: {
    'components\\.\\w+\\.(source|build\\..*|run.*|stop\\.signal)': 'the Dockerfile has it: its own reader finds it there',
    'components\\.\\w+\\.(health|schedule\\.cron)': 'one text and a mapping of one key say the same',
    'groups\\..*': 'the entrypoint looks at it',
    '(env|components\\.\\w+\\.env)\\.\\w+\\.(minLength|pattern|required|secret|about)': 'the entrypoint has it',
  },
})

test('two services that read one secret have the same: one holds it, the other refers to it', async () => {
  const { files } = await exportApp({ folder: 'src/targets/render/fixtures/write/studio', target: 'render', today: '2026-11-21' })
  const [environment] = parse(files['render.yaml']?.text ?? '').projects[0].environments
  const of = (name: string) =>
    environment.services
      .find((s: { name: string }) => s.name === name)
      .envVars.find((v: { key: string }) => v.key === 'SESSION_SECRET')
  expect(of('studio-api')).toEqual({ key: 'SESSION_SECRET', generateValue: true })
  expect(of('studio-mailer').fromService).toEqual({ type: 'web', name: 'studio-api', envVarKey: 'SESSION_SECRET' })
})

test('the schema of the platform refuses what is no key of it', () => {
  expect(blueprint({ services: [{ type: 'web', name: 'x', runtime: 'docker', cpu: 2 }] })).toBe(false)
})
