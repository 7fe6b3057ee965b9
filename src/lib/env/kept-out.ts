import type { EnvEntry } from '../../model/app.ts'

/**
 * Whether `only` or `forbidden` keep a variable out of a place: an environment on a target, such as `production` on `cloudron`.
 * Here the target is the engine: `process`.
 */
export function isKeptOut(
  { only, forbidden }: Pick<EnvEntry, 'only' | 'forbidden'>,
  place: { environment: string; target: string },
): boolean {
  const isHere = (name: string) => name === place.environment || name === place.target
  return forbidden?.some(isHere) === true || (only !== undefined && !only.some(isHere))
}
