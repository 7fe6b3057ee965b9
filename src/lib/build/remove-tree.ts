import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../error.ts'

/** Removes a folder also where folders in it are read-only, as those of artifacts are. Nothing there is fine. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
    return
  } catch (error) {
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM' && codeOf(error) !== 'ENOTEMPTY') throw error
  }
  await openFolders(path)
  await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
}

async function openFolders(folder: string): Promise<void> {
  const found = await lstat(folder)
  if (!found.isDirectory()) return
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(folder, entry.name))
  }
}
