import type { SmtpConfig } from './config.ts'
import { Failure } from './failure.ts'

export interface Letter {
  to: string
  subject: string
  text: string
  replyTo?: string
}
export interface Mail {
  /** Resolves once the relay has taken it; a Failure where it did not. */
  send(letter: Letter): Promise<void>
}

const PATIENCE_MS = 8_000

/** The relay is only asked when there is something to send: an app without mail still shows its pages. */
export function openMail(smtp: SmtpConfig | undefined): Mail {
  return {
    async send(letter) {
      if (!smtp) throw new Failure(500, 'server_misconfigured', 'Mail needs CLOUDRON_MAIL_SMTP_SERVER on the server.')
      const { host, port, user, password, from } = smtp
      // Loaded with the first letter, so that the app starts without it.
      const { createTransport } = await import('nodemailer')
      const transport = createTransport({
        host,
        port,
        secure: port === 465,
        ...(user && { auth: { user, pass: password ?? '' } }),
        connectionTimeout: PATIENCE_MS,
        greetingTimeout: PATIENCE_MS,
        socketTimeout: PATIENCE_MS,
      })
      try {
        await transport.sendMail({ from, ...letter })
      } catch (error) {
        console.error(`mail: ${error instanceof Error ? error.message : String(error)}`)
        throw new Failure(502, 'mail_failed', 'The mail could not be sent. Please try again in a while.')
      } finally {
        transport.close()
      }
    },
  }
}
