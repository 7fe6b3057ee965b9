import type { Context } from 'hono'
import { requireDatabase } from './database.ts'
import { findDraftId } from './drafts.ts'
import type { Services } from './services.ts'

/** The draft of the person who is signed in, or of the browser. */
export async function draftIdOf(c: Context, { sessions, draftCookie, database }: Services): Promise<string | undefined> {
  const cookie = await draftCookie.read(c)
  const person = await sessions.person(c)
  if (!person && !cookie) return undefined
  return findDraftId(requireDatabase(database), { person: person?.id, cookie })
}
