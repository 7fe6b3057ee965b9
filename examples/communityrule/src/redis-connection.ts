import { createClient } from '@redis/client'

/** How long the first ones who count wait for the connection. */
const PATIENCE_MS = 500

/** A connection that comes back by itself; what is asked while it is away fails at once. Resolves when it is there, or late. */
export async function connect(url: string) {
  const client = createClient({ url, disableOfflineQueue: true, socket: { connectTimeout: 3_000 } })
  let said = ''
  // Each try to come back fails the same way: once is enough.
  client.on('error', ({ message }: Error) => {
    if (message !== said) console.error(`redis: ${message}`)
    said = message
  })
  client.on('ready', () => {
    said = ''
  })
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))
  await Promise.race([client.connect().catch(() => {}), late])
  return client
}
