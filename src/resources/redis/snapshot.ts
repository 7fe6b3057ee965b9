import type { SnapshotType } from '../../model/backup.ts'
import { output } from './expand.ts'
import { readOptions } from './options.ts'

/** Every key as the server itself writes it; they come back into a database that nobody uses, which is then swapped. */
export const snapshot: SnapshotType = {
  access(resource) {
    const { urlFrom, isKept } = readOptions(resource)
    // What does not outlive a restart is no data.
    if (!urlFrom && !isKept) return undefined
    return { extension: 'redis', values: { url: output(resource, 'url') }, isQuiet: false }
  },
  load: async () => (await import('./snapshot/code.ts')).code,
}
