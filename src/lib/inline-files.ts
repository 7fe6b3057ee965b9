import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { isAbsolute, join, sep } from 'node:path'
import type { Resource } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import { codeOf } from './error.ts'
import { show } from './show.ts'

const MAX_BYTES = 256 * 1024

/**
 * Puts the text of the files that these options name into the options, as `{ path, text }`: a resource then depends on what the
 * file says, and nobody has to read it later. Only plain files inside the folder, reached through no link.
 */
export function inlineFiles(
  resource: Resource,
  names: readonly string[],
  folder: string,
): { resource: Resource; findings: Finding[] } {
  const findings: Finding[] = []
  const options = { ...resource.options }
  for (const name of names) {
    const path = options[name]
    if (typeof path !== 'string') continue
    const read = readInside(folder, path)
    if ('text' in read) options[name] = { path, text: read.text }
    else {
      const at = `resources.${resource.name}.${name}`
      findings.push({ level: 'error', code: 'E_FILE', at, message: `${show(path)} ${read.problem}` })
    }
  }
  return { resource: { ...resource, options }, findings }
}

function readInside(folder: string, path: string): { text: string } | { problem: string } {
  const isInner = path !== '' && !isAbsolute(path) && !path.includes('\0') && !path.split(/[/\\]/).includes('..')
  if (!isInner) return { problem: 'does not lead to a file inside the folder of the app' }
  const root = realpathSync(folder)
  const file = join(root, path)
  let handle: number | undefined
  try {
    // A FIFO would wait for a writer without end.
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (realpathSync(file) !== file || !file.startsWith(`${root}${sep}`)) return { problem: 'is reached through a link' }
    const found = fstatSync(handle)
    if (!found.isFile()) return { problem: 'is no file' }
    if (found.size > MAX_BYTES) return { problem: `is longer than ${MAX_BYTES / 1024} KiB` }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(handle)) }
  } catch (error) {
    return { problem: PROBLEMS[codeOf(error) ?? ''] ?? `cannot be read: ${String(error)}` }
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

const PROBLEMS: Record<string, string> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  ELOOP: 'is a link',
  ENXIO: 'is no file',
  EACCES: 'may not be read',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8',
}
