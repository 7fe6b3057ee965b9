import { createHash } from 'node:crypto'
import { chmodSync, constants, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closedTo } from '../build/closed-to.ts'
import { LandfallError } from '../error.ts'
import { packageFolder } from '../package.ts'
import { START_PROGRAM } from './start-program.ts'

const fileOf = (name: string) => join(packageFolder, 'dist', `${name}.mjs`)

/** Digest of a program that `npm run build` made, with what starts it: the version of a server of ours. */
export function programVersion(name: string): string {
  return existsSync(fileOf(name)) ? read(name).version : 'unbuilt'
}

/**
 * Makes an artifact of it: the program, what starts it, and where Node is. The program is a copy, so that an update of Landfall
 * changes no server that runs; Node is 120 MB, and is only copied where the uid of servers could not reach it.
 */
export function installProgram(name: string, version: string, into: string, say: (line: string) => void): void {
  const program = existsSync(fileOf(name)) ? read(name) : undefined
  if (program?.version !== version) {
    throw new LandfallError({
      code: 'E_CHANGED',
      message: program ? `${name} ${version} is no longer here: Landfall was updated meanwhile` : `${fileOf(name)} is missing`,
      hint: program ? 'landfall up' : 'install Landfall anew (from its sources: npm run build)',
    })
  }
  chmodSync(into, 0o755)
  mkdirSync(join(into, 'bin'), { recursive: true, mode: 0o755 })
  const write = (path: string, data: string | Uint8Array, mode: number) => {
    writeFileSync(join(into, path), data, { mode, flush: true })
    chmodSync(join(into, path), mode)
  }
  write('program.mjs', program.bytes, 0o644)
  write('bin/start', START_PROGRAM, 0o755)
  const closed = process.getuid?.() === 0 ? closedTo({ uid: 65_534, gid: 65_534 }, process.execPath) : undefined
  if (closed) {
    say(`other users cannot reach ${closed}: Node is copied`)
    copyFileSync(process.execPath, join(into, 'bin/node'), constants.COPYFILE_FICLONE)
    chmodSync(join(into, 'bin/node'), 0o755)
  }
  write('node', `${closed ? 'bin/node' : process.execPath}\n`, 0o644)
}

const known = new Map<string, { stamp: string; bytes: Buffer; version: string }>()
function read(name: string): { bytes: Buffer; version: string } {
  const file = fileOf(name)
  const { ino, size, mtimeMs } = statSync(file)
  const stamp = `${ino}:${size}:${mtimeMs}`
  const before = known.get(name)
  if (before?.stamp === stamp) return before
  const bytes = readFileSync(file)
  const version = createHash('sha256').update(START_PROGRAM).update(bytes).digest('hex').slice(0, 12)
  const now = { stamp, bytes, version }
  known.set(name, now)
  return now
}
