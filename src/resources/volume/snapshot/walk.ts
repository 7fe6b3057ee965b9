import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../../lib/error.ts'
import type { Holding } from '../../../model/backup.ts'

export interface Entry {
  /** From the volume's folder. */
  path: string
  type: 'file' | 'folder' | 'link'
  stat: Stats
  /** Where a link points. */
  to?: string
}

/** Everything in a folder, parents first, in the order of names. `odd` hears of sockets, devices and the like. */
export async function* walk(folder: string, odd: (path: string) => void, below = ''): AsyncGenerator<Entry> {
  const names = await readdir(join(folder, below)).catch((error: unknown) => {
    // A volume that nothing mounts yet has no folder; one inside may have gone since it was listed.
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  names.sort()
  for (const name of names) {
    const path = below === '' ? name : `${below}/${name}`
    const stat = await lstat(join(folder, path)).catch(() => undefined)
    // Gone since the folder was read: somebody works in it.
    if (!stat) continue
    if (stat.isSymbolicLink()) yield { path, type: 'link', stat, to: await readlink(join(folder, path)) }
    else if (stat.isFile()) yield { path, type: 'file', stat }
    else if (stat.isDirectory()) {
      yield { path, type: 'folder', stat }
      yield* walk(folder, odd, path)
    } else odd(path)
  }
}

/** What a folder holds: one digest over names, kinds, rights and contents, whatever order they came in. */
export class Tally {
  private readonly lines = new Map<string, { text: string; bytes: number; isFile: boolean }>()

  add(entry: Pick<Entry, 'path' | 'type' | 'to'> & { mode: number }, sha256 = '', bytes = 0): void {
    const rights = entry.type === 'link' ? '' : (entry.mode & 0o777).toString(8)
    const text = `${entry.type} ${rights} ${sha256 || (entry.to ?? '')}`
    this.lines.set(entry.path, { text, bytes, isFile: entry.type === 'file' })
  }

  holding(): Holding {
    const hash = createHash('sha256')
    let bytes = 0
    let count = 0
    for (const path of [...this.lines.keys()].sort()) {
      const line = this.lines.get(path)!
      hash.update(`${path}\0${line.text}\n`)
      bytes += line.bytes
      if (line.isFile) count += 1
    }
    return { items: { files: { count, bytes, sha256: hash.digest('hex') } }, values: {}, tools: {} }
  }
}

export async function digestOfFile(file: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Uint8Array)
    bytes += (chunk as Uint8Array).length
  }
  return { sha256: hash.digest('hex'), bytes }
}
