import { z } from 'zod'
import { commands, duration, envKey, flag, prose, rule, whole } from './schema-scalars.ts'

const mapping = rule('E_TYPE', 'is not a mapping')
const bucket = z.strictObject(
  {
    endpoint: prose.describe('Address of the object store: https://s3.example.com.'),
    bucket: prose.describe('Name of the bucket.'),
    region: prose.optional().describe('Its region; `auto` where it has none.'),
    prefix: prose.optional().describe('What all names begin with: `backups/`.'),
    accessKey: envKey.describe('Name of the variable with the access key.'),
    secretKey: envKey.describe('Name of the variable with its secret.'),
  },
  mapping,
)
const time = rule('E_TIME', 'is not a time of the day such as 03:00')

/** `backup:` of the whole app. */
export const backup = z.strictObject(
  {
    every: duration('10m', '90d').optional().describe('How long from one to the next: 1d.'),
    at: z
      .string(time)
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, time)
      .optional()
      .describe('Time of the day: 03:00. In UTC, if `timeZone` says nothing else.'),
    timeZone: prose.optional().describe('Whose clock `at` goes by: Europe/Berlin.'),
    keep: z
      .union(
        [
          duration('1h', '3650d'),
          z.strictObject(
            {
              age: duration('1h', '3650d').optional().describe('None goes before it is as old.'),
              count: whole(1, 1000).optional().describe('So many verified ones stay, however old.'),
            },
            mapping,
          ),
        ],
        rule('E_TYPE', 'is neither a duration nor a mapping with `age` and `count`'),
      )
      .optional()
      .describe('How long they stay; all of them where it is absent.'),
    to: z
      .union([prose, bucket], rule('E_TYPE', 'is neither a folder nor a bucket'))
      .optional()
      .describe('Where they go: a folder, absolute, or a bucket. Best one on another machine.'),
    beforeMigrations: flag.optional().describe('Whether one is made before every release that migrates (default: true).'),
    verify: flag.optional().describe('Whether each is restored into a scratch instance and compared (default: true).'),
  },
  mapping,
)

/** `backup:` of a component: around a copy of the volumes that it alone writes to. */
export const componentBackup = z.strictObject(
  {
    before: commands.describe('Makes the files whole: `sqlite3 app.db ".backup copy.db"`, a checkpoint.'),
    after: commands.optional().describe('Runs in any case, also where the copy failed.'),
  },
  mapping,
)
