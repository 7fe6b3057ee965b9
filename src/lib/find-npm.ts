import { closeSync, existsSync, openSync, readSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { LandfallError } from './error.ts'

/** How npm is started: `file` with `args` in front of npm's own. */
export interface Npm {
  file: string
  args: string[]
  /** The machine's npmrc, which npm looks for beside the Node that runs it; absent where that is right or there is none. */
  globalConfig?: string
}

/**
 * npm beside the Node that runs us, else the first one on PATH. It is started with our own Node: its first line asks for any
 * `node` on PATH, which may be too old or not there.
 */
export function findNpm(node: string = process.execPath, path: string = process.env.PATH ?? ''): Npm {
  const home = dirname(realpathSync(node))
  const places = [
    join(home, '../lib/node_modules/npm/bin/npm-cli.js'),
    join(home, 'npm'),
    ...path
      .split(delimiter)
      .filter((folder) => folder.startsWith('/'))
      .map((folder) => join(folder, 'npm')),
  ]
  for (const place of places) {
    if (!existsSync(place)) continue
    const file = realpathSync(place)
    if (!isNodeScript(file)) return { file, args: [] }
    const globalConfig = join(dirname(place), '../etc/npmrc')
    const isElsewhere = dirname(place) !== home && place.endsWith('/npm') && existsSync(globalConfig)
    return { file: node, args: [file], ...(isElsewhere && { globalConfig }) }
  }
  throw new LandfallError({
    code: 'E_NO_NPM',
    message: 'npm was found neither beside this Node nor on PATH',
    detail: `Node: ${node}\nPATH: ${path}`,
    hint: 'install npm (it comes with Node from nodejs.org), or add its folder to PATH, then start Landfall anew',
  })
}

function isNodeScript(file: string): boolean {
  if (file.endsWith('.js') || file.endsWith('.cjs') || file.endsWith('.mjs')) return true
  const start = Buffer.alloc(128)
  const handle = openSync(file, 'r')
  try {
    readSync(handle, start, 0, start.length, 0)
  } finally {
    closeSync(handle)
  }
  return /^#!.*\bnode\b/.test(start.toString('latin1').split('\n')[0] ?? '')
}
