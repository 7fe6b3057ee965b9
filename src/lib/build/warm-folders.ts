import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { RunAs } from './keep-dependencies.ts'

/** What tools keep for their own next run. Never part of an artifact: large, and nothing that runs reads it. */
const WARM = ['.next/cache', 'node_modules/.cache', '.turbo', '.nuxt/cache', '.angular/cache', '.parcel-cache']

const placesOf = (shelf: string, folders: string[]) =>
  folders
    .flatMap((folder) => WARM.map((w) => posix.join(folder, w)))
    .map((path) => ({ path, place: join(shelf, path.replaceAll('/', '+')) }))

/** Gives a build what the last one of this component left for it. Moved, not copied: a build that fails leaves nothing. */
export async function takeWarm(shelf: string, root: string, folders: string[], run: RunAs): Promise<void> {
  for (const { path, place } of placesOf(shelf, folders)) {
    if (!existsSync(place) || existsSync(join(root, path))) continue
    await run(['mkdir', '-p', '--', posix.dirname(join(root, path))])
    await run(['mv', '--', place, join(root, path)])
  }
}

/** Takes it out of the build, for the next one. */
export async function keepWarm(shelf: string, root: string, folders: string[], run: RunAs): Promise<void> {
  for (const { path, place } of placesOf(shelf, folders)) {
    if (!existsSync(join(root, path))) continue
    await run(['mkdir', '-p', '--', shelf])
    await run(['rm', '-rf', '--', place])
    await run(['mv', '--', join(root, path), place])
  }
}
