import type { Context } from 'hono'
import * as z from 'zod'
import { Failure } from './failure.ts'
import { takeOne } from './limits.ts'
import { type FieldErrors, fieldErrors } from './rule.ts'
import type { Services } from './services.ts'
import { addressOfVisitor } from './visitor.ts'

const line = (max: number) => z.string().trim().min(1, 'please').max(max, `at most ${max} characters, please`)
const inquiry = z.strictObject({
  // One line each: a name must not begin another header.
  name: line(120).regex(/^[^\r\n]*$/, 'one line, please'),
  email: z.string().trim().max(254).pipe(z.email('an address to answer to, please')),
  message: line(5_000),
})

/** Hands a visitor's question to those who look after this place. Gives what is wrong with it, or nothing. */
export async function sendInquiry(
  c: Context,
  { config, mail, limits }: Services,
  given: unknown,
): Promise<FieldErrors | undefined> {
  if (!config.inquiryTo) throw new Failure(500, 'server_misconfigured', 'Inquiries need ORGANIZER_INQUIRY_TO on the server.')
  const read = inquiry.safeParse(given)
  if (!read.success) return fieldErrors(read.error)
  await takeOne(limits.inquiries, addressOfVisitor(c))
  const { name, email, message } = read.data
  const text = `${name} <${email}> asks:\n\n${message}\n`
  await mail.send({ to: config.inquiryTo, subject: `A question from ${name}`, text, replyTo: email })
  return undefined
}
