import type { SnapshotType } from '../../model/backup.ts'
import type { Value } from '../../model/value.ts'
import { output } from './expand.ts'
import { readOptions } from './options.ts'

/** An archive of the objects; they come back below a prefix of their own first. */
export const snapshot: SnapshotType = {
  access(resource) {
    // With a volume to fall back to, whether there is a bucket is only known when something starts; the volume has its own backup.
    if (readOptions(resource).fallback) return undefined
    const values: Record<string, Value> = {}
    for (const field of ['endpoint', 'region', 'name', 'accessKey', 'secretKey']) values[field] = output(resource, field)
    return { extension: 'tar', values, isQuiet: false }
  },
  load: async () => (await import('./snapshot/code.ts')).code,
}
