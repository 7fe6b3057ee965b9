import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, type Stats } from 'node:fs'
import { chmod, lchown, lstat, mkdir, rename, rm, symlink, utimes } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, type Header, pack } from 'tar-stream'
import { syncFolder } from '../../../lib/atomic.ts'
import { LandfallError } from '../../../lib/error.ts'
import type { SnapshotCode, SnapshotContext, SnapshotTarget } from '../../../model/backup.ts'
import { digestOfFile, type Entry, Tally, walk } from './walk.ts'

/** How often a file that changes while it is read is read again. */
const TRIES = 3

const folderOf = ({ values }: SnapshotTarget) => values.folder ?? ''
/** Beside the volumes and on their disk, so that a rename is all that a swap takes. */
const placeOf = (target: SnapshotTarget, place: string, ctx: SnapshotContext) =>
  join(target.values.beside ?? join(ctx.home, 'restores'), `${place}-${target.resource.name}`)
const oldOf = (target: SnapshotTarget, place: string, ctx: SnapshotContext) => `${placeOf(target, place, ctx)}-old`

export const code: SnapshotCode = {
  dump(from, ctx) {
    const tally = new Tally()
    return { stream: tar(from, tally, ctx), holding: () => tally.holding() }
  },

  async restore(into, place, from, ctx) {
    const folder = placeOf(into, place, ctx)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o711 })
    const live = existsSync(folderOf(into)) ? await lstat(folderOf(into)) : undefined
    await untar(from, folder, into.resource.name, live)
    if (!live) return
    await chmod(folder, live.mode & 0o7777)
    if (process.getuid?.() === 0) await lchown(folder, live.uid, live.gid)
  },

  async inspect(at, place, ctx) {
    const folder = place === undefined ? folderOf(at) : placeOf(at, place, ctx)
    const tally = new Tally()
    for await (const entry of walk(folder, () => {})) {
      const is = { ...entry, mode: entry.stat.mode }
      if (entry.type !== 'file') tally.add(is)
      else {
        const { sha256, bytes } = await digestOfFile(join(folder, entry.path))
        tally.add(is, sha256, bytes)
      }
    }
    return tally.holding()
  },

  async swap(at, place, ctx) {
    const live = folderOf(at)
    const fresh = placeOf(at, place, ctx)
    // Done already, or half of it: each rename is looked for on its own.
    if (!existsSync(fresh)) return
    if (existsSync(live) && !existsSync(oldOf(at, place, ctx))) await rename(live, oldOf(at, place, ctx))
    await rename(fresh, live)
    for (const folder of [dirname(live), dirname(fresh)]) syncFolder(folder)
  },

  async swapBack(at, place, ctx) {
    const live = folderOf(at)
    const old = oldOf(at, place, ctx)
    if (!existsSync(old)) return
    if (existsSync(live)) await rename(live, placeOf(at, place, ctx))
    await rename(old, live)
    for (const folder of [dirname(live), dirname(old)]) syncFolder(folder)
  },

  async drop(at, place, which, ctx) {
    await rm(which === 'old' ? oldOf(at, place, ctx) : placeOf(at, place, ctx), { recursive: true, force: true })
  },

  async scratch(_like, at, ctx) {
    const folder = join(ctx.scratch, 'live')
    await mkdir(folder, { recursive: true })
    const resource = at?.resource ?? { name: 'scratch', type: 'volume', options: {} }
    return {
      target: { resource, values: { folder, beside: join(ctx.scratch, 'places') } },
      close: () => rm(folder, { recursive: true, force: true }),
    }
  },
}

async function* tar(from: SnapshotTarget, tally: Tally, ctx: SnapshotContext): AsyncGenerator<Uint8Array> {
  const folder = folderOf(from)
  const archive = pack()
  const at = `resources.${from.resource.name}`
  const odd = (path: string) =>
    ctx.find({ level: 'lost', code: 'W_BACKUP_FILE', at, message: `${path} is no file, folder or link, and not in the backup` })
  const filled = (async () => {
    for await (const entry of walk(folder, odd)) {
      if (ctx.signal.aborted) throw new LandfallError({ code: 'E_CANCELLED', message: 'cancelled by hand' })
      if (entry.type === 'file') await addFile(archive, folder, entry, tally, at, ctx)
      else {
        tally.add({ ...entry, mode: entry.stat.mode })
        archive.entry(headerOf(entry))
      }
    }
    archive.finalize()
  })().catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))))
  yield* archive as unknown as AsyncIterable<Uint8Array> // Its types say no more than that it gives something.
  await filled
}

/** One that changed while it was read is put in once more: whoever unpacks takes the last. */
async function addFile(
  archive: ReturnType<typeof pack>,
  folder: string,
  entry: Entry,
  tally: Tally,
  at: string,
  ctx: SnapshotContext,
): Promise<void> {
  const file = join(folder, entry.path)
  let before: Stats | undefined = entry.stat
  for (let attempt = 1; before; attempt++) {
    const { size } = before
    const hash = createHash('sha256')
    const into = archive.entry({ ...headerOf({ ...entry, stat: before }), size })
    let came = 0
    try {
      if (size > 0) {
        for await (const chunk of createReadStream(file, { end: size - 1, highWaterMark: 1024 * 1024 })) {
          hash.update(chunk as Uint8Array)
          came += (chunk as Uint8Array).length
          if (!into.write(chunk)) await new Promise<void>((resolve) => into.once('drain', () => resolve()))
        }
      }
    } catch {
      // Gone while it was read: its place in the archive is filled up below, and the next look says so.
    }
    for (; came < size; ) {
      const zeros = Buffer.alloc(Math.min(size - came, 65_536))
      hash.update(zeros)
      came += zeros.length
      if (!into.write(zeros)) await new Promise<void>((resolve) => into.once('drain', () => resolve()))
    }
    await new Promise<void>((resolve) => into.end(() => resolve()))
    tally.add({ ...entry, mode: before.mode }, hash.digest('hex'), size)
    const after: Stats | undefined = await lstat(file).catch(() => undefined)
    if (after && after.mtimeMs === before.mtimeMs && after.size === size && after.ino === before.ino) return
    if (!after || attempt === TRIES) {
      const what = after ? `was written to during each of ${TRIES} readings: its copy may be torn` : 'went away while it was read'
      ctx.find({
        level: 'warning',
        code: 'W_BACKUP_CHANGED',
        at,
        message: `${entry.path} ${what}`,
        hint: 'give the volume `writers: one`, or the component that writes `backup: { before, after }`',
      })
      return
    }
    before = after
  }
}

function headerOf({ path, type, stat, to }: Entry): Partial<Header> & { name: string } {
  const types = { file: 'file', folder: 'directory', link: 'symlink' } as const
  return {
    name: path,
    type: types[type],
    mode: stat.mode & 0o7777,
    mtime: stat.mtime,
    ...(to !== undefined && { linkname: to }),
    size: 0,
  }
}

async function untar(from: AsyncIterable<Uint8Array>, folder: string, resource: string, owner: Stats | undefined): Promise<void> {
  const archive = extract()
  const isRoot = process.getuid?.() === 0
  const folders: { path: string; mode: number; mtime: Date | undefined }[] = []
  // Folders that this archive made: nothing is written through a link that it brought along.
  const made = new Set([folder])
  let problem: LandfallError | undefined
  const unpack = async () => {
    for await (const entry of archive) {
      const { name, type } = entry.header
      const path = pathIn(folder, name)
      // What is left is read to its end all the same: an archive that is let go of in the middle waits for ever.
      if (!path || !made.has(dirname(path)) || !TYPES.has(type ?? '')) problem ??= unsafe(name, resource)
      if (problem || !path) {
        entry.resume()
        continue
      }
      await rm(path, { force: true }).catch(() => {}) // A folder that is there already stays.
      await unpackEntry(entry, path)
      if (type === 'directory') {
        made.add(path)
        folders.push({ path, mode: entry.header.mode ?? 0o700, mtime: entry.header.mtime })
      }
      if (isRoot && owner) await lchown(path, owner.uid, owner.gid)
      if (type === 'file' && entry.header.mtime) await utimes(path, entry.header.mtime, entry.header.mtime)
    }
  }
  const source = async function* () {
    yield* from
  }
  await Promise.all([pipeline(source, archive), unpack()])
  if (problem) throw problem
  // The innermost first: what its rights forbid has been done by then.
  for (const { path, mode, mtime } of folders.reverse()) {
    await chmod(path, mode & 0o777)
    if (mtime) await utimes(path, mtime, mtime)
  }
}

/** What an archive gives of each of its files. */
type Unpacked = ReturnType<typeof extract> extends AsyncIterable<infer E> ? E : never

const TYPES = new Set(['file', 'directory', 'symlink'])

async function unpackEntry(entry: Unpacked, path: string): Promise<void> {
  const { type, mode = 0o600, linkname } = entry.header
  if (type === 'file') {
    await pipeline(entry, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    await chmod(path, mode & 0o777)
    return
  }
  if (type === 'directory') await mkdir(path, { recursive: true, mode: 0o700 })
  else await symlink(linkname ?? '', path)
  entry.resume()
}

/** Undefined where it would lie outside. */
function pathIn(folder: string, name: string): string | undefined {
  const path = normalize(name).replace(/\/$/, '')
  const isInside = path !== '' && path !== '.' && !path.startsWith('/') && path !== '..' && !path.startsWith('../')
  return isInside && !name.includes('\0') ? join(folder, path) : undefined
}

function unsafe(name: string, resource: string): LandfallError {
  return new LandfallError({
    code: 'E_BACKUP_UNSAFE',
    at: resource,
    message: `${JSON.stringify(name.slice(0, 100))} would lie outside of the volume, or is no plain file`,
  })
}
