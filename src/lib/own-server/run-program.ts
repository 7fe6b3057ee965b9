import { readFileSync } from 'node:fs'
import { claimFolder } from './claim-folder.ts'

export interface ProgramFacts {
  port: number
  folder: string
  secret: string
}

/**
 * The frame of a server program: takes what the start program gives, claims the volume, and ends in order on SIGTERM. What
 * goes wrong while it begins is one line, not a stack.
 */
export async function runProgram(
  kind: string,
  version: number,
  serve: (facts: ProgramFacts) => Promise<() => Promise<void>>,
): Promise<void> {
  try {
    const { PORT = '', SERVER_FOLDER: folder = '' } = process.env
    const secret = readFileSync(0, 'utf8').replace(/\n$/, '')
    process.umask(0o077)
    claimFolder(folder, kind, version)
    const stop = await serve({ port: Number(PORT), folder, secret })
    console.log(`landfall: ${kind} listens on 127.0.0.1:${PORT}`)
    let isStopping = false
    const end = () => {
      if (isStopping) return
      isStopping = true
      stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)
  } catch (error) {
    fail(error)
  }
}

function fail(error: unknown): void {
  console.error(`landfall: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
