import { readWith } from '@flick/shared/read-env.ts'
import { ensureAccount } from './accounts.ts'
import { createAuth } from './auth.ts'
import { openDatabase } from './database.ts'
import { needs } from './env.ts'

try {
  if (process.argv.includes('--if-set') && !process.env.ADMIN_PASSWORD) {
    console.log('nobody is made: ADMIN_PASSWORD is not set')
    process.exit(0)
  }
  const env = readWith(needs.admin, process.env)
  const database = openDatabase(env.DATABASE_URL)
  const wanted = { name: 'Moderator', email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD, role: 'admin' } as const
  console.log(`${env.ADMIN_EMAIL}: ${await ensureAccount(database, createAuth(database, env), wanted)}`)
  await database.$client.end()
} catch (error) {
  console.error(`create-admin: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(2)
}
