import { readFileSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { paths } from './paths.ts'

/** `never`: the shim was told to go by nobody, so the command was not started. Undefined: nobody saw the end. */
type Exit = { type: 'never' } | { type: 'code'; code: number } | undefined

export function readExit(home: string, id: string): Exit {
  let text: string
  try {
    text = readFileSync(paths.exit(home, id), 'latin1')
  } catch {
    return undefined
  }
  // Without its newline it is being written.
  if (!text.endsWith('\n')) return undefined
  return text === 'never\n' ? { type: 'never' } : { type: 'code', code: Number(text) }
}

export function clearExit(home: string, id: string): void {
  rmSync(paths.exit(home, id), { force: true })
}

/** `ended with 1`, `was ended by SIGKILL`: a shell reports a signal as 128 and its number. */
export function describeExit(code: number | undefined): string {
  if (code === undefined) return 'is gone without an exit code'
  if (code === 127) return 'ended with 127: the command was not found'
  if (code === 126) return 'ended with 126: the command could not be started'
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)
  return signal ? `was ended by ${signal[0]}` : `ended with ${code}`
}
