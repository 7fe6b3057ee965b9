import { z } from 'zod'
import { flag, prose, rule, scalar, whole } from './schema-scalars.ts'

export const GENERATE = /^(hex|base64|password)\((\d{1,4})\)$|^uuid$/

const generateRule = rule('E_GENERATE', 'is not hex(n), base64(n), password(n) or uuid, with n from 8 to 256')

/** Everything that can be said of a variable. */
export const envOptions = z.strictObject({
  required: flag.optional().describe('Whether a release needs it. True unless there is a default, generate or from.'),
  default: scalar.optional().describe('Its value where nobody set one.'),
  secret: flag.optional().describe('Kept encrypted and never shown.'),
  generate: z
    .string(generateRule)
    .regex(GENERATE, generateRule)
    .optional()
    .describe('Made once per environment where nobody set it: hex(32), base64(32), password(24), uuid.'),
  from: z
    .string(rule('E_TYPE', 'is not a reference such as db.url'))
    .min(1)
    .max(200)
    .optional()
    .describe('Taken from a resource, a component or the routes: db.url.'),
  when: z
    .enum(['build', 'run', 'both'], rule('E_TYPE', 'is not build, run or both'))
    .optional()
    .describe('build: it becomes part of the artifact. run: instances get it.'),
  minLength: whole(1, 4096).optional().describe('A shorter value is refused.'),
  pattern: z
    .string(rule('E_TYPE', 'is not a regular expression'))
    .max(200, rule('E_RANGE', 'is longer than 200 characters'))
    .optional()
    .describe('A regular expression that the whole value must match.'),
  type: z
    .enum(
      ['text', 'integer', 'number', 'boolean', 'url', 'email', 'port'],
      rule('E_TYPE', 'is not text, integer, number, boolean, url, email or port'),
    )
    .optional()
    .describe('What kind of text it is; a pattern that needs no writing.'),
  about: prose.optional().describe('What it is for, shown when it is missing.'),
  onRotate: prose.optional().describe('What happens to users when it is changed.'),
  as: z.record(z.string().max(60), z.string().max(128)).optional().describe('Its name on other platforms.'),
})

/** A text is the default; a mapping says more. */
export const envEntry = z.union(
  [z.string(), z.number(), z.boolean(), envOptions],
  rule(
    'E_TYPE',
    'is not a value, or a mapping of what is known about it',
    'for a variable that must be set, write { required: true }',
  ),
)
