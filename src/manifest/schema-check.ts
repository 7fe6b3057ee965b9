import { z } from 'zod'
import { isRequestPath } from './names.ts'
import { duration, flag, host, prose, reference, rule, scalar, whole } from './schema-scalars.ts'

export const CHECK_METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head'] as const

const anything = z.unknown()
const text = z.string(rule('E_TYPE', 'is not a text'))
const expected = text.min(1).max(2000)
const CAPTURED = /\$\{[A-Za-z][A-Za-z0-9]{0,39}\}/g

/** As of a request anywhere else, and what was captured may stand in it. */
const targetRule = rule('E_PATH', 'is not a path of a request: it begins with one / and has no host, blanks or .. parts')
const target = z.string(targetRule).refine((path) => isRequestPath(path.replace(CAPTURED, 'x')), targetRule)

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,80}$/, rule('E_TYPE', 'is not a name of a header'))
const headers = z.record(headerName, text.regex(/^[\x20-\x7e]*$/, rule('E_TYPE', 'is not a value of a header')))
const status = whole(100, 599)

/** What an answer, or a followed link, must be like. */
const answer = {
  status: status.optional().describe('The status that must come.'),
  json: anything.optional().describe('What the JSON of the answer must contain.'),
  text: expected.optional().describe('A text that the answer must contain.'),
  matches: expected.optional().describe('A regular expression that must be found in the answer.'),
  answerHeaders: z.record(z.string(), z.string()).optional().describe('Headers that the answer must have.'),
  location: text.min(1).max(2000).optional().describe('Where a redirect must lead: a path, or a whole address.'),
  redirects: whole(0, 20).optional().describe('How many redirects are followed before the answer is looked at.'),
  belowMs: whole(1, 600_000).optional().describe('The answer must come within this many milliseconds.'),
}

const capture = z
  .record(
    text.regex(/^[A-Za-z][A-Za-z0-9]{0,39}$/, rule('E_NAME', 'is not a name of a captured value: letters and digits')),
    text.min(1).max(500),
    rule('E_TYPE', 'is not a mapping of names to what is captured'),
  )
  .describe(
    'Values for the steps behind: json.path, header.name, cookie.name, or /expression/ with a group; of a mail also link.',
  )

const mail = z.strictObject(
  {
    to: expected.describe('Whom it must be for.'),
    resource: reference.optional().describe('The mail resource; the only one where it is left out.'),
    subject: expected.optional().describe('A text that its subject must contain.'),
    text: expected.optional().describe('A text that its body must contain.'),
    within: duration('1s', '10m').optional().describe('How long it may take to arrive.'),
    linkHost: expected.optional().describe('The host that its links must have, such as the one that `host` stands for.'),
    follow: z
      .union([flag, z.strictObject(answer)], rule('E_TYPE', 'is neither true nor a mapping'))
      .optional()
      .describe('The first link is followed, once; a mapping says what must come.'),
    capture: capture.optional().describe('Values of the mail for the steps behind: link, subject, /expression/.'),
  },
  rule('E_TYPE', 'is not a mapping with `to`'),
)

const socketExpectation = z.union(
  [
    expected,
    z.strictObject({
      text: expected.optional().describe('A text that the message must contain.'),
      json: anything.optional().describe('What the JSON of the message must contain.'),
      matches: expected.optional().describe('A regular expression that must be found in the message.'),
    }),
  ],
  rule('E_TYPE', 'is neither a text nor { json } or { matches }'),
)
const websocket = z.union(
  [
    target,
    z.strictObject({
      path: target.describe('The path of the handshake.'),
      send: anything.optional().describe('A message, or a list of them; what is no text is sent as JSON.'),
      expect: socketExpectation.optional().describe('A message that must come. Without it the handshake is enough.'),
      within: duration('1s', '5m').optional().describe('How long that may take.'),
      capture: capture.optional().describe('Values of the message for the steps behind: json.path, /expression/.'),
    }),
  ],
  rule('E_TYPE', 'is not a path, or a mapping with `path`'),
)

const sql = z.strictObject(
  {
    resource: reference.optional().describe('The postgres resource; the only one where it is left out.'),
    query: text.min(1).max(8000).describe('One query that only reads.'),
    expect: z
      .strictObject({
        rows: whole(0, 1_000_000).optional().describe('How many rows must come.'),
        value: z
          .union([scalar, z.null()], rule('E_TYPE', 'is not a value'))
          .optional()
          .describe('What the first column of the first row must be.'),
        min: z.number(rule('E_TYPE', 'is not a number')).optional().describe('The least that it may be.'),
        max: z.number(rule('E_TYPE', 'is not a number')).optional().describe('The most that it may be.'),
      })
      .optional()
      .describe('What must come. Without it one row is enough.'),
  },
  rule('E_TYPE', 'is not a mapping with `query`'),
)

const step = {
  get: target.optional().describe('Path asked for with GET.'),
  post: target.optional().describe('Path asked for with POST.'),
  put: target.optional().describe('Path asked for with PUT.'),
  patch: target.optional().describe('Path asked for with PATCH.'),
  delete: target.optional().describe('Path asked for with DELETE.'),
  head: target.optional().describe('Path asked for with HEAD.'),
  host: host.optional().describe('The host that is asked; the first route where it is left out.'),
  headers: headers.optional().describe('Headers of the request.'),
  body: anything.optional().describe('A text, or a value that is sent as JSON.'),
  ...answer,
  capture: capture
    .optional()
    .describe('Values for the steps behind: json.path, header.name, cookie.name, or /expression/ with a group.'),
  mail: mail.optional().describe('A mail that must arrive.'),
  websocket: websocket.optional().describe('A WebSocket that must open: a path, or a mapping.'),
  sql: sql.optional().describe('A query whose answer must be right.'),
  manual: prose.min(1).optional().describe('What a person looks at, and signs with `landfall smoke --sign`.'),
}

const OCCASIONS = ['release', 'schedule', 'restore'] as const

export const check = z.strictObject({
  name: text.min(1).max(80).describe('Shown in results.'),
  on: z
    .array(z.enum(OCCASIONS, rule('E_TYPE', 'is not release, schedule or restore')), rule('E_TYPE', 'is not a list'))
    .optional()
    .describe('When it is asked without a person: release, schedule, restore.'),
  steps: z
    .array(z.strictObject(step), rule('E_TYPE', 'is not a list of steps'))
    .min(1)
    .max(50)
    .optional()
    .describe('Several steps that share cookies and captured values.'),
  ...step,
})
export type WrittenCheck = z.output<typeof check>
export type WrittenStep = NonNullable<WrittenCheck['steps']>[number]
export type WrittenMail = NonNullable<WrittenStep['mail']>
export type WrittenAnswer = Pick<WrittenStep, keyof typeof answer>

const troubleCheck = z.union(
  [
    z.string().min(1).max(2000),
    z.array(scalar).min(1).max(100),
    z.strictObject({
      run: z
        .union([z.string().min(1).max(2000), z.array(scalar).min(1).max(100)], rule('E_TYPE', 'is not a command'))
        .describe('A command that fails where this is the cause.'),
      in: reference.optional().describe('The component whose files and variables it has.'),
    }),
  ],
  rule('E_TYPE', 'is not a check: its name, a landfall command, or a command'),
)

export const trouble = z.strictObject({
  symptom: prose.min(1).describe('What somebody notices.'),
  see: prose.optional().describe('What stands in logs or on the screen.'),
  cause: prose.min(1).describe('What it comes from.'),
  check: troubleCheck
    .optional()
    .describe('What fails where this is the cause: the name of a check, a landfall command, or a command.'),
  fix: prose.optional().describe('What to do.'),
})
