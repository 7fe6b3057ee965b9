import { open, rm } from 'node:fs/promises'
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server'
import type { Envelope } from '../mailbox-format.ts'
import type { MailStore } from './store.ts'

/** Takes one message in: kept, on the disk, or refused. Its bytes go to the disk as they come. */
export async function receive(store: MailStore, stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Envelope> {
  const file = store.incoming()
  const handle = await open(file, 'wx', 0o600)
  let sizeBytes = 0
  try {
    try {
      // Read to its end also when it is too large: the client listens to nothing before.
      for await (const chunk of stream) {
        if (stream.sizeExceeded) continue
        sizeBytes += chunk.length
        await handle.write(chunk)
      }
      if (stream.sizeExceeded) throw replying(552, 'message is larger than this mailbox takes')
      await handle.sync()
    } finally {
      await handle.close()
    }
    const { mailFrom, rcptTo } = session.envelope
    return store.add(file, {
      at: new Date().toISOString(),
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map((each) => each.address),
      user: String(session.user),
      sizeBytes,
    })
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

export function replying(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
