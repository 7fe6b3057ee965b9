import { show } from '../lib/show.ts'
import type { World } from './world.ts'

const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/

/** The app's version: as written, or from the file that is named. */
export function readVersion(world: World): string | undefined {
  const { version } = world.manifest
  if (version === undefined) return undefined
  if (!world.places.isExact(['version'])) {
    world.remarks.error('E_TYPE', ['version'], 'is read as a number, and would lose how it is written', 'put it into quotes')
    return undefined
  }
  if (typeof version !== 'object') return check(world, String(version), ['version'])
  const at = ['version', 'file']
  if (!world.beside) return undefined
  const text = world.beside.text(version.file)
  if (text === undefined) {
    world.remarks.error('E_VERSION', at, `${show(version.file)} is not a readable file of the folder`)
    return undefined
  }
  const line = version.file.endsWith('.json') ? jsonVersion(text) : text.split('\n').find((l) => l.trim() !== '')
  return check(world, line?.trim() ?? '', at)
}

function check(world: World, text: string, at: string[]): string | undefined {
  if (VERSION.test(text)) return text
  world.remarks.error('E_VERSION', at, `${show(text)} is not a version; up to 64 of A-Z, a-z, 0-9, ., _, + and -`)
  return undefined
}

function jsonVersion(text: string): string | undefined {
  try {
    const data: unknown = JSON.parse(text)
    if (typeof data !== 'object' || data === null || !('version' in data)) return undefined
    return typeof data.version === 'string' ? data.version : undefined
  } catch {
    return undefined // Not JSON is no version either; the finding shows that.
  }
}
