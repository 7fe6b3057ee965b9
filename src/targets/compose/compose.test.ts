import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import { targetSuite } from '../../../test/target-suite.ts'
import index from './index.ts'

const schema = JSON.parse(readFileSync('test/schemas/compose-spec.schema.json', 'utf8'))
// The draft that it names by an address of its own is the one that ajv knows.
delete schema.$schema
const ajv = new Ajv({ strict: false, allErrors: true })
formats.default(ajv)
const validate = ajv.compile(schema)

targetSuite(index, {
  validate: (files) =>
    Object.entries(files)
      .filter(([name]) => /(?:^|\/)compose.*\.yaml$/.test(name))
      .flatMap(([name, text]) => {
        if (validate(parse(text, { merge: true }))) return []
        return (validate.errors ?? []).map((e) => `${name} ${e.instancePath}: ${e.message}`)
      }),
  notReadBack: { 'checks.*': 'smoke.sh is a program, and no list of questions' },
  options: [
    {},
    { 'per-component': 'true' },
    { 'per-component': 'folders' },
    { gateway: 'none', 'build-number': 'true' },
    { compose: '1.29' },
  ],
})
