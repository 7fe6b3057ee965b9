import type { SnapshotType } from '../../model/backup.ts'
import { expand, output } from './expand.ts'
import { readOptions } from './options.ts'

/** A dump of the whole database, and a database of its own to come back into. */
export const snapshot: SnapshotType = {
  access(resource) {
    const { components, volumes } = expand(resource)
    const volume = volumes[0]?.name
    const { extensions } = readOptions(resource)
    return {
      extension: 'sql',
      values: {
        url: output(resource, 'url'),
        extensions: { type: 'text', text: extensions.join(',') },
        ...(components.length > 0 && volume && { folder: { type: 'volume', volume } }),
      },
      isQuiet: false,
    }
  },
  takesFiles: true,
  load: async () => (await import('./snapshot/code.ts')).code,
}
