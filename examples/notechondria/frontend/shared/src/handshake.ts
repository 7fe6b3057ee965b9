/** What pages need of a backend; each is a version. */
const NEEDED = ['auth', 'notes', 'courses', 'planner', 'calendar_feeds', 'attachments', 'mcp']

/** The address as it is kept, such as `https://host/api/v1`; a host alone is enough to type. */
export function tidyAddress(text: string): string {
  const typed = text.trim()
  const url = URL.parse(/^https?:\/\//.test(typed) ? typed : `https://${typed}`)
  if (!url?.hostname) throw new Error('This is no address.')
  const path = url.pathname.replace(/\/+$/, '')
  return `${url.origin}${path || '/api/v1'}`
}

/** Throws a sentence for people where the other side is no backend that these pages can use. */
export async function verifyHandshake(address: string, ask: typeof fetch = fetch): Promise<{ version: string }> {
  let body: unknown
  try {
    const answer = await ask(`${address}/handshake/`, { signal: AbortSignal.timeout(8_000) })
    if (answer.ok) body = await answer.json()
  } catch {
    // Told below in the same words: for people it makes no difference why nobody answered.
  }
  if (typeof body !== 'object' || body === null) throw new Error('Nobody answers there as a Notechondria server would.')
  const { service, api_version, version, capabilities } = body as Record<string, unknown>
  if (service !== 'notechondria-backend') throw new Error('This is a server for something else.')
  if (api_version !== 'v1') throw new Error('This server speaks another version of the API.')
  const can = typeof capabilities === 'object' && capabilities !== null ? (capabilities as Record<string, unknown>) : {}
  const missing = NEEDED.filter((name) => can[name] !== 1)
  if (missing.length > 0) throw new Error(`This server lacks ${missing.join(', ')}.`)
  return { version: String(version) }
}
