import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../error.ts'

/** Removes a folder also where folders in it are read-only, as those of artifacts are. Nothing there is fine. */
export async function removeTree(path: string): Promise<void> {
  // Beforehand: a removal that failed half way goes on in the background, and nobody can say until when.
  if (process.getuid?.() !== 0) await openFolders(path)
  await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
}

async function openFolders(folder: string): Promise<void> {
  try {
    const found = await lstat(folder)
    if (!found.isDirectory()) return
    if ((found.mode & 0o700) !== 0o700) await chmod(folder, 0o700)
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) await openFolders(join(folder, entry.name))
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}
