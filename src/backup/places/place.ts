/** Where backups lie. Paths are `<app>/<environment>/<id>/<file>`. */
export interface Place {
  /** Of the person who reads an error. */
  title: string
  /** There whole or not at all, and read back as far as it takes to know so. Resolves with the bytes that were written. */
  write(path: string, from: AsyncIterable<Uint8Array>): Promise<number>
  /** E_BACKUP_INVALID where it is not there. */
  read(path: string): AsyncIterable<Uint8Array>
  /** Sorted paths below `prefix`, which ends with `/`, with their bytes. */
  list(prefix: string): Promise<{ path: string; bytes: number }[]>
  /** Those that are not there are no error. What was begun and never ended below a folder goes with it. */
  remove(folder: string): Promise<void>
}
