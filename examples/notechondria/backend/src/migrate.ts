import pg from 'pg'
import { readConfig } from './config.ts'
import { findPending, migrate, readMigrations } from './migrations.ts'
import { root } from './root.ts'
import { toEnd } from './to-end.ts'

// node migrate.js           applies what is pending
// node migrate.js --check   0: nothing is pending · 1: something is · 2: cannot tell
await toEnd('migrate', async () => {
  const migrations = readMigrations(new URL('migrations/', root))
  const client = new pg.Client({
    connectionString: readConfig(process.env).databaseUrl,
    application_name: 'notechondria migrate',
    connectionTimeoutMillis: 10_000,
  })
  await client.connect()
  try {
    if (process.argv.includes('--check')) {
      const pending = await findPending(client, migrations)
      for (const { version } of pending) console.log(`pending ${version}`)
      process.exitCode = pending.length > 0 ? 1 : 0
    } else {
      const applied = await migrate(client, migrations, console.log)
      console.log(applied.length > 0 ? `${applied.length} applied, ${migrations.length} in all` : 'nothing is pending')
    }
  } finally {
    await client.end()
  }
})
