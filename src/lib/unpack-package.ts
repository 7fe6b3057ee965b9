import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { LandfallError } from './error.ts'

const MAX_ENTRIES = 200_000
const MAX_BYTES = 4 * 1024 ** 3

/**
 * Unpacks a `.tgz` of a registry into `into`, an empty folder, without its first path segment. Nothing but plain files and
 * folders: a link or a path that leads out is refused, since only then no entry can write anywhere else. What is written is on
 * the disk when this returns, and readable for every uid.
 */
export async function unpackPackage(archive: string, into: string, signal: AbortSignal): Promise<void> {
  const folders = new Set<string>()
  const makeFolder = async (folder: string) => {
    if (folders.has(folder)) return
    if (folder !== into) await makeFolder(dirname(folder))
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o755)
    folders.add(folder)
  }
  let entries = 0
  let bytes = 0
  const tar = extract()
  const done = pipeline(createReadStream(archive), createGunzip(), tar, { signal })
  // The loop below reports what is wrong with an entry; what is wrong with the archive as a whole ends both.
  done.catch(() => {})
  try {
    for await (const entry of tar) {
      const { name, type, mode = 0o644, size = 0 } = entry.header
      entries += 1
      bytes += size
      if (entries > MAX_ENTRIES || bytes > MAX_BYTES) throw refuse(name, `more than ${MAX_ENTRIES} entries or ${MAX_BYTES} bytes`)
      if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') throw refuse(name, `a ${type} is not allowed`)
      const path = innerPath(name)
      if (type === 'directory') {
        if (path) await makeFolder(join(into, path))
        entry.resume()
        continue
      }
      if (!path) throw refuse(name, 'a file must lie in the folder of the package')
      const file = join(into, path)
      await makeFolder(dirname(file))
      // The cast: streamx streams are what Node's pipeline takes, but their types are not declared so.
      await pipeline(entry as unknown as Readable, createWriteStream(file, { flags: 'w', mode: 0o600, flush: true }), { signal })
      await chmod(file, mode & 0o111 ? 0o755 : 0o644)
    }
    await done
  } catch (error) {
    if (error instanceof LandfallError || signal.aborted) throw error
    throw new LandfallError({ code: 'E_ARCHIVE', message: `${archive} could not be unpacked: ${String(error)}`, cause: error })
  } finally {
    tar.destroy()
  }
}

/** Path under the package's folder, empty for that folder itself. */
function innerPath(name: string): string {
  if (name.startsWith('/') || name.includes('\0') || name.includes('\\')) throw refuse(name, 'not a relative path')
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw refuse(name, 'the path leads out of the package')
  return segments.slice(1).join('/')
}

function refuse(name: string, why: string): LandfallError {
  return new LandfallError({
    code: 'E_ARCHIVE',
    message: `the archive has an entry that is refused: ${JSON.stringify(name.slice(0, 200))}: ${why}`,
    hint: 'nothing of it was kept; check where the registry in your npm configuration gets this package from',
  })
}
