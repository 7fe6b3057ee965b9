import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, readlinkSync } from 'node:fs'
import { lstat, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { Zip, ZipDeflate } from 'fflate'
import { pack } from 'tar-stream'
import { LandfallError } from '../error.ts'

export interface Packed {
  /** Name of the file that was written. */
  file: string
  bytes: number
  /** In hex. */
  sha256: string
}

/**
 * Packs what `folder` holds below one folder `top`. The same files give the same bytes: sorted, without times, owners or other
 * rights than "executable". `file` takes the one file there is. Written beside `stem` and renamed, with the format's ending.
 */
export async function archiveFolder(
  folder: string,
  stem: string,
  format: 'tar.gz' | 'zip' | 'file',
  top: string,
): Promise<Packed> {
  const entries = await listOf(folder)
  const single = format === 'file' ? onlyFile(entries, folder) : undefined
  const path = single === undefined ? `${stem}.${format}` : `${stem}${extname(single)}`
  const part = `${path}.part`
  const digest = createHash('sha256')
  let bytes = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  try {
    const to = createWriteStream(part, { flush: true })
    if (single !== undefined) await pipeline(createReadStream(join(folder, single)), count, to)
    else if (format === 'zip') await Promise.all([writeZip(folder, entries, top, count), pipeline(count, to)])
    else await writeTar(folder, entries, top, count, to)
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
  return { file: basename(path), bytes, sha256: digest.digest('hex') }
}

interface Listed {
  path: string
  type: 'file' | 'link' | 'folder'
  isExecutable: boolean
  size: number
}

async function listOf(folder: string, inside = ''): Promise<Listed[]> {
  const names = (await readdir(join(folder, inside))).sort()
  const lists = await Promise.all(
    names.map(async (name): Promise<Listed[]> => {
      const path = inside === '' ? name : `${inside}/${name}`
      const is = await lstat(join(folder, path))
      const entry = { path, isExecutable: (is.mode & 0o111) !== 0, size: is.size }
      if (is.isDirectory()) return [{ ...entry, type: 'folder' }, ...(await listOf(folder, path))]
      if (is.isSymbolicLink()) return [{ ...entry, type: 'link' }]
      return is.isFile() ? [{ ...entry, type: 'file' }] : []
    }),
  )
  return lists.flat()
}

function onlyFile(entries: Listed[], folder: string): string {
  const [first, ...more] = entries.filter((e) => e.type === 'file')
  if (first && more.length === 0) return first.path
  const found = first ? [first, ...more].slice(0, 5).map((e) => e.path) : ['none']
  throw new LandfallError({
    code: 'E_ARCHIVE',
    at: folder,
    message: `an archive of format file takes exactly one file, and the build left ${more.length + (first ? 1 : 0)}`,
    detail: found.join('\n'),
    hint: 'name it as `output`, or choose the format tar.gz or zip',
  })
}

async function writeTar(folder: string, entries: Listed[], top: string, count: Transform, to: Writable): Promise<void> {
  const tar = pack()
  const mtime = new Date(0)
  const fill = async () => {
    for (const { path, type, isExecutable, size } of entries) {
      const name = `${top}/${path}`
      const header = { name, mtime, mode: isExecutable ? 0o755 : 0o644, uid: 0, gid: 0 }
      if (type === 'folder') tar.entry({ ...header, mode: 0o755, type: 'directory' })
      else if (type === 'link') tar.entry({ ...header, type: 'symlink', linkname: readlinkSync(join(folder, path)) })
      else {
        const entry = tar.entry({ ...header, type: 'file', size })
        // The cast: streamx streams are what Node's pipeline takes, but their types are not declared so.
        await pipeline(createReadStream(join(folder, path)), entry as unknown as Writable)
      }
    }
    tar.finalize()
  }
  await Promise.all([fill(), pipeline(tar as unknown as NodeJS.ReadableStream, createGzip({ level: 9 }), count, to)])
}

/** Links are followed: unpackers of zip on Windows know none. */
async function writeZip(folder: string, entries: Listed[], top: string, out: Transform): Promise<void> {
  const zip = new Zip((error, chunk, isLast) => {
    if (error) out.destroy(error)
    else out.write(chunk)
    if (isLast) out.end()
  })
  for (const { path, type, isExecutable } of entries) {
    if (type === 'folder' || (type === 'link' && !(await stat(join(folder, path))).isFile())) continue
    const entry = new ZipDeflate(`${top}/${path}`, { level: 9 })
    entry.mtime = new Date(1980, 0, 1)
    // Made on Unix, with the rights of a file.
    entry.os = 3
    entry.attrs = (isExecutable ? 0o100755 : 0o100644) << 16
    zip.add(entry)
    for await (const chunk of createReadStream(join(folder, path))) {
      entry.push(chunk as Buffer, false)
      if (out.writableNeedDrain) await new Promise((resolve) => out.once('drain', resolve))
    }
    entry.push(new Uint8Array(0), true)
  }
  zip.end()
}
