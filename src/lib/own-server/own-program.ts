import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageFolder } from '../package.ts'

/**
 * How a program of ours is started with the Node that runs: from dist/ where we are bundled ourselves, else from its source.
 * `from` is the `import.meta.url` of whoever asks, `source` the way to the program from there.
 */
export function ownProgram(name: string, from: string, source: string): { file: string; args: string[] } {
  const here = fileURLToPath(from)
  const dist = join(packageFolder, 'dist')
  const isBundled = here.startsWith(`${dist}/`)
  const path = isBundled ? join(dist, `${name}.mjs`) : join(dirname(here), source)
  const flags = ['--disable-warning=ExperimentalWarning']
  if (!existsSync(path)) throw new Error(`${path} is missing`)
  return { file: process.execPath, args: [...flags, path] }
}
