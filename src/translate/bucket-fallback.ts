import type { App, Resource } from '../model/app.ts'

/**
 * The same app, with the folder of a bucket's fallback as that of its volume: other platforms begin without the bucket, as an
 * environment of ours does. Its name and keys stay what somebody may set.
 */
export function foldersOfFallbacks(app: App): App {
  const volumes = new Map(
    app.resources.flatMap((r): [string, string][] => (fallbackOf(r) === undefined ? [] : [[r.name, fallbackOf(r)!]])),
  )
  if (volumes.size === 0) return app
  const replaced = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaced)
    if (typeof value !== 'object' || value === null) return value
    const { type, resource, field } = value as Record<string, unknown> // Any object has keys.
    const volume = type === 'output' && field === 'path' ? volumes.get(String(resource)) : undefined
    if (volume !== undefined) return { type: 'volume', volume }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner)]))
  }
  return replaced(app) as App // An App is plain data, and one value took the place of another.
}

/** `fallback: { volume: media }`. */
export function fallbackOf({ type, options }: Resource): string | undefined {
  const { fallback } = options
  const volume = typeof fallback === 'object' && fallback !== null && 'volume' in fallback ? fallback.volume : undefined
  return type === 'bucket' && typeof volume === 'string' ? volume : undefined
}
