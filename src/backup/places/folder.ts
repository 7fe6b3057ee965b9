import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '../../lib/atomic.ts'
import { codeOf, LandfallError } from '../../lib/error.ts'
import { failpoint } from '../../lib/failpoint.ts'
import type { Place } from './place.ts'

const UNFINISHED = '.part'

/** A folder of this machine, or one that is mounted here. Only we may look into it. */
export function openFolder(folder: string): Place {
  return {
    title: folder,
    async write(path, from) {
      const file = join(folder, path)
      const unfinished = `${file}${UNFINISHED}`
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 })
        const handle = await open(unfinished, 'w', 0o600)
        let bytes = 0
        try {
          for await (const chunk of ofSource(from)) {
            for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten
            if (bytes === 0) failpoint('backup:part:begun')
            bytes += chunk.length
          }
          await handle.sync()
        } finally {
          await handle.close()
        }
        const found = (await stat(unfinished)).size
        if (found !== bytes)
          throw new LandfallError({ code: 'E_BACKUP', message: `${file} has ${found} bytes in place of ${bytes}` })
        await rename(unfinished, file)
        syncFolder(dirname(file))
        return bytes
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {}) // On a disk that is read-only it was never made.
        if (error instanceof SourceFailed) throw error.cause
        // What Node says of a folder that cannot be made on a disk that is read-only.
        throw codeOf(error) === 'ENOENT' ? readOnly(file, error) : told(error, file)
      }
    },
    async *read(path) {
      const file = join(folder, path)
      try {
        yield* createReadStream(file, { highWaterMark: 1024 * 1024 })
      } catch (error) {
        throw told(error, file)
      }
    },
    async list(prefix) {
      const found: { path: string; bytes: number }[] = []
      const entries = await readdir(join(folder, prefix), { recursive: true, withFileTypes: true }).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return []
        throw told(error, join(folder, prefix))
      })
      for (const entry of entries) {
        if (!entry.isFile() || entry.name.endsWith(UNFINISHED)) continue
        const file = join(entry.parentPath, entry.name)
        found.push({ path: file.slice(folder.length + 1), bytes: (await stat(file)).size })
      }
      return found.sort((a, b) => (a.path < b.path ? -1 : 1))
    },
    async remove(path) {
      await rm(join(folder, path), { recursive: true, force: true }).catch((error: unknown) => {
        throw told(error, join(folder, path))
      })
    },
  }
}

function readOnly(file: string, cause: unknown): LandfallError {
  return new LandfallError({
    code: 'E_READ_ONLY',
    message: `cannot write or read there (${codeOf(cause)})`,
    at: file,
    hint: 'check the rights of the folder and its disk, or name another place: `backup.to`',
    cause,
  })
}

/** What was to be written failed, and not the writing. */
class SourceFailed extends Error {}

async function* ofSource(from: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* from
  } catch (cause) {
    throw new SourceFailed('the source failed', { cause })
  }
}

function told(error: unknown, file: string): unknown {
  const code = codeOf(error)
  if (error instanceof LandfallError || code === undefined) return error
  const is = (c: string, message: string, hint: string) => new LandfallError({ code: c, message, at: file, hint, cause: error })
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return is(
        'E_DISK_FULL',
        'the disk is full: what had been written of the backup was removed',
        'make room, or name another place: `backup.to`',
      )
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return readOnly(file, error)
    case 'EIO':
      return is(
        'E_IO',
        'the disk answers with errors: what was written there cannot be trusted',
        'look at dmesg, and name another place: `backup.to`',
      )
    case 'ENOENT':
      return is('E_BACKUP_INVALID', 'the file is missing', 'landfall backup list')
    default:
      return error
  }
}
