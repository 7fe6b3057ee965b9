import { z } from 'zod'
import { command, duration, flag, innerPath, name, reference, rule, scalar } from './schema-scalars.ts'

const statement = z.string(rule('E_TYPE', 'is not a statement')).min(1).max(8000)

const claim = z.strictObject({
  resource: reference.describe('A postgres resource.'),
  query: statement.describe('One statement that only reads; the first column of its first row counts.'),
  expect: z
    .union([z.string(), z.number(), z.boolean()], rule('E_TYPE', 'is not a text, a number, true or false'))
    .describe('What must come, compared as text.'),
})

const migrations = z.strictObject({
  resource: reference.optional().describe('A postgres resource; the one that the component uses where it is left out.'),
  table: z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/,
      rule('E_NAME', 'is not a name of a table, with or without its schema'),
    )
    .optional()
    .describe('The table with one row for each that was applied.'),
  applied: statement.optional().describe('In place of table: a statement that gives the number.'),
  present: z
    .union([
      innerPath,
      z.array(innerPath).min(1).max(20),
      z.strictObject({ run: command.describe('Prints the number as its last line.') }),
    ])
    .describe('Globs of the migrations in the artifact, or a command that counts them.'),
})

const verify = z.strictObject({
  files: z.array(innerPath).min(1).max(100).optional().describe('Files that must be there afterwards.'),
  run: command.optional().describe('A command that must exit 0 afterwards.'),
  sql: z
    .union([claim, z.array(claim).min(1).max(20)])
    .optional()
    .describe('What the database must answer afterwards.'),
  migrations: migrations.optional().describe('As many migrations applied as there are.'),
})

export const releaseStep = z.union(
  [
    z.string().min(1).max(8000),
    z.array(scalar).min(1).max(200),
    z.strictObject({
      name: name.optional().describe('Shown in plans and logs.'),
      run: command.optional().describe('The command.'),
      check: command.optional().describe('When it exits 0, the step is not needed.'),
      else: command.optional().describe('What runs when the check did not exit 0.'),
      verify: verify.optional().describe('What must be true afterwards.'),
      repeatable: flag.optional().describe('May be run again without asking after an interruption whose end nobody saw.'),
      migrates: flag.optional().describe('Changes the schema of a database. Found out from the command when it is left out.'),
      endsSessions: flag.optional().describe('Everybody is logged out by it; the plan says so.'),
      timeout: duration('1s', '24h').optional().describe('It is ended after this time.'),
      lockTimeout: duration('0s', '1h')
        .optional()
        .describe('How long a statement of a migration waits for a lock; 0s is as long as it takes.'),
    }),
  ],
  rule('E_TYPE', 'is not a release step: a command, { check, else } or { run }'),
)

/** A text is one command; of a list, each entry is a step. */
export const steps = z.union(
  [z.string().min(1).max(8000), z.array(releaseStep).max(50)],
  rule('E_TYPE', 'is not a list of release steps'),
)

const expression = z.string(rule('E_CRON', 'is not a cron expression', 'five fields, in quotes: "0 3 * * *"')).max(200)

export const schedule = z.union(
  [
    expression,
    z.strictObject({
      cron: expression.describe('Five fields: minute, hour, day of the month, month, day of the week.'),
      timeZone: z
        .string(rule('E_TIME_ZONE', 'is not a name of a time zone'))
        .max(64)
        .optional()
        .describe('By whose clocks: Europe/Berlin. UTC where it is left out.'),
      overlap: z
        .enum(['skip', 'queue', 'replace'], rule('E_TYPE', 'is not skip, queue or replace'))
        .optional()
        .describe(
          'What happens when it is due and still runs: left out (skip), run afterwards (queue), or ended first (replace).',
        ),
      timeout: duration('1s', '7d').optional().describe('It is ended after this time; an hour where it is left out.'),
    }),
  ],
  rule('E_CRON', 'is not a schedule', '"0 3 * * *", or { cron, timeZone, overlap, timeout }'),
)
