import { readFileSync } from 'node:fs'
import type { ProcessIdentity } from '../lib/process-identity.ts'
import { daemonPaths } from './paths.ts'

export type About = ProcessIdentity & { version: string }

/** What the daemon of `home` wrote about itself; it may have died since. */
export function readAbout(home: string): About | undefined {
  try {
    return JSON.parse(readFileSync(daemonPaths(home).about, 'utf8'))
  } catch {
    return undefined // Not there, or torn: it only helps to say who it is.
  }
}
