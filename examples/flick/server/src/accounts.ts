import { eq } from 'drizzle-orm'
import type { Auth } from './auth.ts'
import type { Database } from './database.ts'
import { user } from './schema.ts'

export interface Wanted {
  name: string
  email: string
  password: string
  role: 'admin' | 'member'
}

/** Makes sure that there is such an account, with this password and this role. May run as often as one likes. */
export async function ensureAccount(database: Database, auth: Auth, wanted: Wanted): Promise<'made' | 'there already'> {
  const email = wanted.email.toLowerCase()
  const [found] = await database.select().from(user).where(eq(user.email, email))
  if (!found) await auth.api.signUpEmail({ body: { name: wanted.name, email, password: wanted.password } })
  else {
    const context = await auth.$context
    const hash = await context.password.hash(wanted.password)
    await context.internalAdapter.updatePassword(found.id, hash)
  }
  await database.update(user).set({ role: wanted.role }).where(eq(user.email, email))
  return found ? 'there already' : 'made'
}
