import type { Line } from './parse-dockerfile.ts'

export interface ReadHealth {
  path?: string
  status?: number
  json?: unknown
  every?: string
  grace?: string
  /** Flags that say nothing here. */
  lost: string[]
}

/** A HEALTHCHECK that asks for a path by curl, wget or our own program. Undefined: it asks in some other way. */
export function readHealth(line: Line): ReadHealth | undefined {
  const own = ownRule(line)
  const found = own ?? fromUrl(line.exec?.join(' ') ?? line.text)
  if (!found) return undefined
  const { interval, timeout, retries, 'start-period': start, 'start-interval': first } = line.flags
  const lost = Object.entries({ '--timeout': timeout, '--retries': retries, '--start-interval': first }).filter(
    ([, v]) => v !== undefined,
  )
  return {
    ...found,
    ...(isDuration(interval) && { every: interval }),
    ...(isDuration(start) && start !== '0s' && { grace: start }),
    lost: lost.map(([name]) => name),
  }
}

const isDuration = (text: string | undefined): text is string => /^\d{1,4}(ms|s|m|h)$/.test(text ?? '')

function ownRule({ exec }: Line): Omit<ReadHealth, 'lost'> | undefined {
  const [, program = '', verb, rule = ''] = exec ?? []
  if (!/^\/landfall\/landfall\.(mjs|py)$/.test(program) || verb !== 'health') return undefined
  try {
    const data: unknown = JSON.parse(rule)
    if (typeof data !== 'object' || data === null || !('path' in data) || typeof data.path !== 'string') return undefined
    const { path } = data
    return {
      path,
      ...('status' in data && typeof data.status === 'number' && { status: data.status }),
      ...('json' in data && { json: data.json }),
    }
  } catch {
    return undefined // Somebody changed it: then it is like any other command.
  }
}

function fromUrl(text: string): Omit<ReadHealth, 'lost'> | undefined {
  const path =
    /https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(?:\d+|\$\{?\w+(?::-\d+)?\}?))?(\/[^\s'"`)|;]*)?/.exec(text)
  if (!path) return undefined
  const isAsked = /\b(curl|wget|fetch|urlopen|requests\.get|http\.get|urllib)\b/.test(text)
  return isAsked ? { path: path[1] ?? '/' } : undefined
}
