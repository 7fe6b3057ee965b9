import type { SnapshotType } from '../../model/backup.ts'

/** An archive of the folder, and a folder beside it to come back into. */
export const snapshot: SnapshotType = {
  access: (resource) => ({
    extension: 'tar',
    values: { folder: { type: 'volume', volume: resource.name } },
    isQuiet: resource.options.writers !== 'many',
  }),
  load: async () => (await import('./snapshot/code.ts')).code,
}
