import { readWith } from '@flick/shared/read-env.ts'
import { openDatabase } from './database.ts'
import { needs } from './env.ts'
import { findPending, migrate, readMigrations } from './migrations.ts'

// node migrate.js           applies what is pending, and verifies the count
// node migrate.js --check   0: nothing is pending · 1: something is · 2: cannot tell
try {
  const database = openDatabase(readWith(needs.database, process.env).DATABASE_URL)
  if (process.argv.includes('--check')) {
    const pending = await findPending(database, readMigrations())
    for (const { name } of pending) console.log(`pending ${name}`)
    process.exitCode = pending.length > 0 ? 1 : 0
  } else {
    const applied = await migrate(database)
    for (const { name } of applied) console.log(`applied ${name}`)
    console.log(`${readMigrations().length} of ${readMigrations().length} are applied`)
  }
  await database.$client.end()
} catch (error) {
  console.error(`migrate: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(2)
}
