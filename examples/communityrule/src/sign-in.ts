import type { Context } from 'hono'
import * as z from 'zod'
import { requireDatabase } from './database.ts'
import { Failure } from './failure.ts'
import { takeOne } from './limits.ts'
import { makeLink, type Person, redeemLink } from './people.ts'
import type { Services } from './services.ts'
import { addressOfVisitor, originOf } from './visitor.ts'

const email = z.string().trim().toLowerCase().max(254).pipe(z.email())

/** Sends a link that signs in once. The same answer for every address: who is known here is nobody's business. */
export async function requestLink(c: Context, services: Services, given: unknown): Promise<void> {
  const { sessions, limits, mail, config } = services
  const secret = sessions.secret()
  const read = email.safeParse(given)
  if (!read.success) throw new Failure(422, 'invalid_email', 'That is not an e-mail address.')
  if (!config.smtp) throw new Failure(500, 'server_misconfigured', 'Mail needs CLOUDRON_MAIL_SMTP_SERVER on the server.')
  await takeOne(limits.linksFromAddress, addressOfVisitor(c))
  await takeOne(limits.linksToPerson, read.data)
  const { token, withdraw } = await makeLink(requireDatabase(services.database), secret, read.data)
  // The address that the person sees, not the one behind the proxy.
  const link = `${originOf(c)}/auth/verify?token=${token}`
  const text = `Here is your link to CommunityRule. It works once, for 15 minutes:\n\n${link}\n\nYou did not ask for it? Then nothing happens.\n`
  try {
    await mail.send({ to: read.data, subject: 'Your link to CommunityRule', text })
  } catch (error) {
    await withdraw()
    throw error
  }
}

/** Opens the session of a link and gives the browser its cookie. */
export async function followLink(c: Context, services: Services, token: string): Promise<Person> {
  const { sessions, draftCookie } = services
  const secret = sessions.secret()
  const redeemed = await redeemLink(requireDatabase(services.database), secret, token, await draftCookie.read(c))
  if (!redeemed)
    throw new Failure(410, 'link_used', 'This link was used already, or is older than 15 minutes. Ask for a new one.')
  sessions.begin(c, redeemed.session)
  return redeemed.person
}
