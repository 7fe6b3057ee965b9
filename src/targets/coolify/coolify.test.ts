import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse as parseTomlText } from 'smol-toml'
import { parse as parseYamlText } from 'yaml'
import { targetSuite } from '../../../test/target-suite.ts'
import index from './index.ts'

const read = (name: string) => JSON.parse(readFileSync(`test/schemas/${name}.schema.json`, 'utf8'))
const requests = new Ajv2020({ strict: false, allErrors: true }).addSchema(read('coolify-requests'), 'requests')
const nixpacks = new Ajv({ strict: false }).compile(read('nixpacks'))
const { $schema: _, ...stackSchema } = read('compose-spec')
const stack = new Ajv({ strict: false }).compile(stackSchema)

targetSuite(index, {
  validate: (files) => Object.entries(files).flatMap(([name, text]) => validateOne(name, text)),
  notReadBack: {
    'components\\..*\\.(build\\..*|run.*|test|stop\\.signal|serve\\..*|health|health\\..*)':
      'the Dockerfile has it, and its own reader finds it there',
    'components\\..*\\.scale\\.(instances|max|because|sticky)': 'one container is what Coolify means anyway',
    '(env|components\\.\\w+\\.env)\\.\\w+\\.(minLength|pattern|required|secret|about)': 'the entrypoint has it',
  },
  options: [
    {},
    { form: 'compose' },
    { build: 'nixpacks', repository: 'https://git.example.org/team/app.git', branch: 'release' },
  ],
})

function validateOne(name: string, text: string): string[] {
  if (name === 'coolify.json') return JSON.parse(text).requests.flatMap((r: Asked) => validateRequest(r))
  const check = name.endsWith('nixpacks.toml') ? nixpacks : name.endsWith('coolify.yaml') ? stack : undefined
  if (!check) return []
  const data: unknown = name.endsWith('.toml') ? parseTomlText(text) : parseYamlText(text)
  return check(data) ? [] : (check.errors ?? []).map((e) => `${name} ${e.instancePath}: ${e.message}`)
}

interface Asked {
  method: string
  path: string
  body?: unknown
}
/** Each body against the schema of its call, which forbids keys that it does not know, as Coolify does. */
function validateRequest({ method, path, body }: Asked): string[] {
  if (body === undefined || path.startsWith('/deploy')) return []
  const call = `${method} ${path.replace(/\{\{\w+\}\}/g, '{uuid}')}`
  const check = requests.getSchema(`requests#/definitions/${encodeURIComponent(call.replaceAll('/', '~1'))}`)
  if (!check) return [`there is no call ${call}`]
  const filled = JSON.parse(JSON.stringify(body).replace(/\{\{\w+\}\}/g, 'x1'))
  return check(filled)
    ? []
    : (check.errors ?? []).map((e) => `${call} ${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`)
}
