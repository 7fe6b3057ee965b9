import { once } from 'node:events'
import { readWith } from '@flick/shared/read-env.ts'
import { eq } from 'drizzle-orm'
import { ensureAccount } from './accounts.ts'
import { createAuth } from './auth.ts'
import { openDatabase } from './database.ts'
import { needs } from './env.ts'
import { createPosts } from './posts.ts'
import { openRedis } from './redis.ts'
import { posts, user } from './schema.ts'

// People with a password that everybody can read here: to try things out, and never where real ones are.
const PEOPLE = [
  { name: 'Ada', text: 'The library has power at every seat now. About time!' },
  { name: 'Bo', text: 'Lost: one blue bicycle, last seen in front of the cafeteria. It answers to “Rust”.' },
  { name: 'Cleo', text: 'Study group for linear algebra, Thursday at six, room 214. Bring snacks and open questions.' },
]

try {
  if (process.env.LANDFALL_ENVIRONMENT === 'production') throw new Error('not in production: the passwords are known')
  const env = readWith(needs.server, process.env)
  const database = openDatabase(env.DATABASE_URL)
  const redis = openRedis(env.REDIS_URL)
  await once(redis, 'ready', { signal: AbortSignal.timeout(10_000) })
  const { add } = createPosts(database, redis, env.CACHE_TTL)
  const auth = createAuth(database, env)
  for (const { name, text } of PEOPLE) {
    const email = `${name.toLowerCase()}@campus.example`
    const state = await ensureAccount(database, auth, { name, email, password: 'flick-flick', role: 'member' })
    const [person] = await database.select({ id: user.id }).from(user).where(eq(user.email, email))
    const has = await database.select({ id: posts.id }).from(posts).where(eq(posts.userId, person!.id)).limit(1) // Just ensured.
    if (has.length === 0) await add(person!.id, text)
    console.log(`${email}: ${state}`)
  }
  redis.disconnect()
  await database.$client.end()
} catch (error) {
  console.error(`seed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(2)
}
