import { digestOf } from '../lib/digest.ts'
import type { Observed } from '../model/plan.ts'

/** Fingerprint of what a plan was made from: releases, routes, volumes. Not the health of the moment. */
export function basisOf(observed: Observed): string {
  const { serving, serves, volumes, routes, releases, data, bootstrapped } = observed
  const digests = Object.fromEntries(Object.entries(serving).map(([name, s]) => [name, [s.release, s.digest]]))
  return digestOf({ digests, serves, volumes, routes, releases: releases.map((r) => r.release), data, bootstrapped })
}
