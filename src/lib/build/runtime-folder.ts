import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../error.ts'
import type { Identity } from './build-types.ts'

export interface Runtime {
  /** Folder for PATH. */
  bin: string
  version: string
}
export interface ProvideOptions {
  signal: AbortSignal
  say(line: string): void
  /** Who must be able to run it, where that is not us. */
  identity?: Identity
}

export const runtimesOf = (home: string) => join(home, 'runtimes')

/** A folder of runtimes/, made aside and there whole or not at all. The first one wins: its content follows from its name. */
export async function compose(home: string, name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(runtimesOf(home), name)
  const aside = await mkdtemp(join(runtimesOf(home), '.make-'))
  try {
    await chmod(aside, 0o755)
    await make(aside)
    await rename(aside, folder).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
    })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
  return folder
}

/** A program that starts another file: with the `node` of PATH, or by itself. */
export async function writeStarter(path: string, file: string, isScript: boolean): Promise<void> {
  const quoted = `'${file.replaceAll("'", "'\\''")}'`
  await writeFile(path, `#!/bin/sh\nexec ${isScript ? 'node ' : ''}${quoted} "$@"\n`, { mode: 0o755 })
  await chmod(path, 0o755)
}
