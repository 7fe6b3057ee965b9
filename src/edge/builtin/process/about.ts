import { readFileSync } from 'node:fs'
import { codeOf } from '../../../lib/error.ts'
import type { ProcessIdentity } from '../../../lib/process-identity.ts'

/** `run/edge.json`: which process serves. Written by it once it does. */
export interface About {
  process: ProcessIdentity
  /** The shell that holds the sockets and starts the process anew. */
  shell: ProcessIdentity
  version: string
  startedAt: string
}

/** Undefined where there is none, or none that can be read: then a handshake has to tell. */
export function readAbout(path: string): About | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as About // Written by `writeAtomic` only.
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}
