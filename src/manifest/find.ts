import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { codeOf, LandfallError } from '../lib/error.ts'
import { showBare } from '../lib/show.ts'
import { LIMITS } from './limits.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { Beside } from './world.ts'

const MANIFEST_NAMES = ['landfall.yaml', 'landfall.yml', 'landfall.config.ts'] as const
const CONFIG = 'landfall.config.ts'

/** Whatever bears the name of a manifest. */
export function manifestsIn(folder: string): string[] {
  return MANIFEST_NAMES.filter((name) => isThere(join(folder, name)))
}

/** Name of the one manifest in a folder. */
export function manifestName(folder: string): string {
  const found = manifestsIn(folder)
  const [only, other] = found
  if (only !== undefined && other === undefined) return only
  if (only !== undefined) {
    throw new LandfallError({
      code: 'E_TWO_MANIFESTS',
      message: `${showBare(folder)} has ${found.join(' and ')}`,
      hint: 'keep one of them',
    })
  }
  const above = nextAbove(folder)
  throw new LandfallError({
    code: 'E_NO_MANIFEST',
    message: `there is no manifest in ${showBare(folder)}; looked for ${MANIFEST_NAMES.join(', ')}`,
    hint: above ? `landfall -C ${above}, where one is; or landfall init` : 'landfall init',
  })
}

/**
 * The manifest of a folder. `config` is what landfall.config.ts gave to the CLI of the person who typed the command: it is code,
 * so nobody else runs it. Only a regular file of the folder itself is read, and no more of it than a manifest may have.
 */
export function findManifest(folder: string, config?: unknown): ManifestFile {
  const name = manifestName(folder)
  const beside = besideOf(folder)
  if (name !== CONFIG)
    return { name, content: { type: 'yaml', text: decode(name, readRegular(folder, name, LIMITS.bytes)) }, beside }
  if (config !== undefined) return { name, content: { type: 'data', data: config }, beside }
  throw new LandfallError({
    code: 'E_CONFIG_NOT_RUN',
    message: `${CONFIG} is code, and only the command line of the person who wrote it runs it`,
    at: CONFIG,
    hint: 'use the `landfall` command in this folder, or write landfall.yaml',
  })
}

function isThere(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw new LandfallError({ code: 'E_UNREADABLE', message: `${showBare(path)} cannot be looked at: ${code}`, cause: error })
  }
}

function nextAbove(folder: string): string | undefined {
  for (let at = dirname(resolve(folder)); at !== dirname(at); at = dirname(at)) {
    if (MANIFEST_NAMES.some((name) => isQuietlyThere(join(at, name)))) return relative(folder, at)
  }
  return undefined
}

/** Above the folder somebody else may be at home: what cannot be seen is not there. */
function isQuietlyThere(path: string): boolean {
  try {
    return lstatSync(path).isFile()
  } catch {
    return false // Unreadable or absent, the hint is the same.
  }
}

/** Text of a regular file of a folder, of at most `bytes`; not through a link, and nothing but UTF-8. Throws E_UNREADABLE and others. */
export function readText(folder: string, name: string, bytes: number, shown = name): string {
  return decode(shown, readRegular(folder, name, bytes))
}

function readRegular(folder: string, name: string, bytes: number): Buffer {
  let file: number
  try {
    // Without O_NONBLOCK, opening a FIFO waits until somebody writes into it.
    file = openSync(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ELOOP') throw notRegular(name, 'a symbolic link', error)
    if (code === 'ENXIO') throw notRegular(name, 'a socket', error)
    const hint = code === 'EACCES' ? `let it be read by the user that runs Landfall: chmod a+r ${name}` : undefined
    throw new LandfallError({
      code: 'E_UNREADABLE',
      message: `${name} cannot be read: ${code}`,
      at: name,
      ...(hint && { hint }),
      cause: error,
    })
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw notRegular(name, stat.isDirectory() ? 'a folder' : stat.isFIFO() ? 'a FIFO' : 'a device')
    if (stat.size > bytes) throw tooLarge(name, bytes)
    const buffer = Buffer.alloc(bytes + 1)
    let length = 0
    for (let n = -1; n !== 0 && length < buffer.length; length += n)
      n = readSync(file, buffer, length, buffer.length - length, null)
    if (length > bytes) throw tooLarge(name, bytes)
    return buffer.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

function notRegular(name: string, what: string, cause?: unknown): LandfallError {
  const hint = 'put the file itself into the folder'
  return new LandfallError({
    code: 'E_NOT_REGULAR_FILE',
    message: `${name} is ${what}, not a regular file`,
    at: name,
    hint,
    cause,
  })
}

function tooLarge(name: string, bytes: number): LandfallError {
  const message = `${name} has more than ${bytes / 1024} KiB`
  return new LandfallError({ code: 'E_TOO_LARGE', message, at: name, hint: 'large data belongs into files of the app' })
}

function decode(name: string, bytes: Buffer): string {
  const [a, b] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) throw encoding(name, 'is UTF-16', `${name}:1:1`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const before = validPrefix(bytes)
    const lines = bytes.subarray(0, before).toString().split('\n')
    throw encoding(name, 'is not UTF-8', `${name}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`, error)
  }
}

function encoding(name: string, what: string, at: string, cause?: unknown): LandfallError {
  return new LandfallError({ code: 'E_ENCODING', message: `${name} ${what}`, at, hint: 'save it as UTF-8', cause })
}

/** How many bytes from the start are UTF-8. */
function validPrefix(bytes: Buffer): number {
  let low = 0
  let high = bytes.length
  const isValid = (length: number) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true })
      return true
    } catch {
      return false // The answer that was asked for.
    }
  }
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (isValid(middle)) low = middle
    else high = middle - 1
  }
  return low
}

/** What the manifest names in its folder, links followed as long as they stay inside. */
export function besideOf(folder: string): Beside {
  const inside = (path: string): string | undefined => {
    try {
      const root = realpathSync(folder)
      const real = realpathSync(join(root, path))
      return real === root || real.startsWith(`${root}${sep}`) ? real : undefined
    } catch {
      return undefined // Not there, or not to be seen: the finding says which path.
    }
  }
  return {
    text(path) {
      const real = inside(path)
      if (real === undefined || !lstatSync(real).isFile()) return undefined
      try {
        return readText(dirname(real), real.slice(dirname(real).length + 1), LIMITS.bytes, path)
      } catch (error) {
        if (error instanceof LandfallError) return undefined
        throw error
      }
    },
    isFolder(path) {
      const real = inside(path)
      return real !== undefined && lstatSync(real).isDirectory()
    },
  }
}
