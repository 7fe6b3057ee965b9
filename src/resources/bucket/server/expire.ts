import type { Bucket } from './bucket.ts'

/** Objects under the prefix go when they are this old; no prefix lies in another. */
export interface Lifetime {
  prefix: string
  seconds: number
}

/** At once: other requests wait meanwhile. */
const AT_ONCE = 500

/** Deletes what is older than it may be; the number of objects is said. */
export function expire(bucket: Bucket, lifetimes: readonly Lifetime[]): void {
  for (const { prefix, seconds } of lifetimes) {
    const before = bucket.now() - seconds * 1000
    let gone = 0
    for (let keys = bucket.catalog.olderThan(before, prefix, AT_ONCE); keys.length > 0; ) {
      bucket.blobs.remove(bucket.catalog.remove(keys))
      gone += keys.length
      keys = bucket.catalog.olderThan(before, prefix, AT_ONCE)
    }
    if (gone > 0) bucket.say(`${gone} objects of ${prefix} had expired`)
  }
}
