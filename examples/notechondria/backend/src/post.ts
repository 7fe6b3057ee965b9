import { createTransport } from 'nodemailer'
import type { Mailing } from './config.ts'
import { Failure } from './failure.ts'

export interface Post {
  /** False where no mail server is configured: then nobody is asked for a code by mail. */
  isThere: boolean
  /** Throws `mail_failed` where the server does not take it. */
  send(to: string, subject: string, text: string): Promise<void>
}

export function createPost(mailing: Mailing | undefined): Post {
  if (!mailing) {
    return {
      isThere: false,
      async send() {
        throw new Failure(503, 'mail_not_configured', 'This server sends no mail.')
      },
    }
  }
  const transport = createTransport({
    host: mailing.host,
    port: mailing.port,
    secure: mailing.isTls,
    requireTLS: mailing.isStartTls && !mailing.isTls,
    ignoreTLS: !mailing.isStartTls && !mailing.isTls,
    ...(mailing.user && { auth: { user: mailing.user, pass: mailing.password } }),
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
  })
  return {
    isThere: true,
    async send(to, subject, text) {
      try {
        await transport.sendMail({ from: mailing.from, to, subject, text })
      } catch (error) {
        console.error(`mail: ${error instanceof Error ? error.message : String(error)}`)
        throw new Failure(502, 'mail_failed', 'The mail could not be sent. Please try again later.')
      }
    },
  }
}
