import { z } from 'zod'
import type { EnvKind } from '../model/app.ts'
import { command, duration, envKey, flag, name, prose, rule, scalar, whole } from './schema-scalars.ts'

export const GENERATE = /^(hex|base64|password)\((\d{1,4})\)$|^uuid$/

const generateRule = rule('E_GENERATE', 'is not hex(n), base64(n), password(n) or uuid, with n from 8 to 256')

const KINDS = ['text', 'int', 'number', 'bool', 'url', 'email', 'port', 'list', 'enum'] as const
/** The longer words mean the same. */
const LONG: Record<string, EnvKind> = { integer: 'int', boolean: 'bool' }
const HEX = /^hex\(([1-9]\d{0,3})\)$/

/** The kind of text that a word of the manifest names; none where it names none. */
export function kindOf(text: string): EnvKind | undefined {
  if (Object.hasOwn(LONG, text)) return LONG[text]
  const [, bytes] = HEX.exec(text) ?? []
  return bytes === undefined ? KINDS.find((k) => k === text) : `hex(${Number(bytes)})`
}

const kindRule = rule('E_TYPE', `is not a kind of text: ${KINDS.join(', ')} or hex(n)`)
const kind = z.string(kindRule).refine((text) => kindOf(text) !== undefined, kindRule)

const placeRule = rule('E_TYPE', 'is not an environment or a target, or a list of them')
const places = z.union([z.string(), z.array(z.string(placeRule)).min(1).max(50)], placeRule)

const fileName = rule('E_PATH', 'is not a name of a file, or an absolute path')
const requiredIfRule = rule('E_TYPE', 'is not a variable, or one with its value: { MAIL_MODE: smtp }')
const deliveryRule = rule('E_TYPE', 'is not env, file or { file: … }')
const sourceRule = rule('E_TYPE', 'is not a source: { file: … }, { command: … } or { env: … }')
const source = z.union(
  [
    z.strictObject({ file: z.string(sourceRule).min(1).max(400).describe('A file with the value, as somebody else keeps it.') }),
    z.strictObject({
      command: command.describe('A program whose output is the value: op, sops, vault.'),
      timeout: duration('1s', '10m').optional().describe('The longest that the program may take: 30s.'),
    }),
    z.strictObject({ env: envKey.describe('A variable of whoever runs the command line: what pipelines give.') }),
  ],
  sourceRule,
)

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
  type: kind
    .optional()
    .describe(
      'What kind of text it is; a pattern that needs no writing: int, number, bool, url, email, port, list, enum, hex(n).',
    ),
  values: z
    .array(scalar, rule('E_TYPE', 'is not a list of values'))
    .min(1)
    .max(200)
    .optional()
    .describe('Those that an enum may be, or of which a list may be made.'),
  public: flag.optional().describe('Everyone who opens the app in a browser may read it. Builds of static components get it.'),
  only: places.optional().describe('Environments and targets that alone have it.'),
  forbidden: places.optional().describe('Environments and targets that must not have it.'),
  requiredIf: z
    .union([envKey, z.record(envKey, scalar).refine((of) => Object.keys(of).length === 1, requiredIfRule)], requiredIfRule)
    .optional()
    .describe('Required where that other variable is set, or set to that value.'),
  delivery: z
    .union(
      [
        z.enum(['env', 'file'], deliveryRule),
        z.strictObject({
          file: z
            .string(fileName)
            .regex(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}$/, fileName)
            .describe('Its name, or the path that it has inside a container.'),
        }),
      ],
      deliveryRule,
    )
    .optional()
    .describe('file: instances find it in a file of their own, whose path is in NAME_FILE. env: as a variable.'),
  source: source.optional().describe('Where its value is kept; asked at each `up`.'),
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

const groupRule = rule('E_TYPE', 'is not a rule over variables', 'r2: { allOrNone: [R2_BUCKET, R2_KEY] }')
const members = z.array(envKey, groupRule).min(2).max(100)
export const groups = z.record(
  name,
  z.strictObject(
    {
      allOrNone: members.optional().describe('All of them are set, or none is.'),
      oneOf: members.optional().describe('Exactly one of them is set.'),
      anyOf: members.optional().describe('At least one of them is set.'),
      about: prose.optional().describe('What they are for, shown when the rule is broken.'),
    },
    groupRule,
  ),
  groupRule,
)
