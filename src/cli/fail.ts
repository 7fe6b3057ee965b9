import { exitCodeOf } from '../daemon/status.ts'
import { shapeOf } from '../lib/error.ts'
import { renderError } from './render/error.ts'
import { lookOf } from './render/look.ts'

/** Says what went wrong, to a person or to a program; comes back with the exit code. */
export function fail(error: unknown, isJson: boolean): number {
  const shape = shapeOf(error)
  if (isJson) process.stdout.write(`${JSON.stringify({ type: 'error', error: shape })}\n`)
  else process.stderr.write(`${renderError(shape, lookOf(process.stderr))}\n`)
  return exitCodeOf(shape.code)
}
