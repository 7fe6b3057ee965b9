/** What a client and an instance may take. The defaults suit a public server; `LANDFALL_EDGE_LIMITS` (JSON) changes some. */
export interface Limits {
  /** Head of a request: its first byte to its empty line. */
  headMs: number
  /** A kept connection without a request. */
  idleMs: number
  /** A request's body without a byte, a response that the client does not take. */
  stallMs: number
  /** To an instance's first byte, once the request is with it. */
  answerMs: number
  connectMs: number
  /** Reading on after an early answer, so that the client gets to see it. */
  lingerMs: number
  urlBytes: number
  headBytes: number
  headers: number
  bodyBytes: number
  answerHeadBytes: number
  /** Requests that wait while a component is held. */
  held: number
  /** Connections in hand; beyond that new ones are closed at once. */
  connections: number
}

export const defaultLimits: Limits = {
  headMs: 10_000,
  idleMs: 75_000,
  stallMs: 60_000,
  answerMs: 300_000,
  connectMs: 5_000,
  lingerMs: 2_000,
  urlBytes: 8 * 1024,
  headBytes: 32 * 1024,
  headers: 200,
  bodyBytes: 100 * 1024 * 1024,
  answerHeadBytes: 64 * 1024,
  held: 10_000,
  connections: 1_000_000,
}

/** Fields that are unknown or no positive number are refused: a limit that is not there is worse than none. */
export function readLimits(json: string | undefined, base: Limits = defaultLimits): Limits {
  if (!json) return base
  const given: unknown = JSON.parse(json)
  const limits = { ...base }
  for (const [name, value] of Object.entries(given as Record<string, unknown>)) {
    if (!(name in base) || typeof value !== 'number' || !(value > 0)) throw new Error(`LANDFALL_EDGE_LIMITS: ${name} is no limit`)
    limits[name as keyof Limits] = value
  }
  return limits
}
