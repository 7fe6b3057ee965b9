import { copyFileSync, fstatSync, ftruncateSync, writeSync } from 'node:fs'

const MAX_BYTES = 4 * 1024 * 1024
const STDERR = 2

/** `say` of the daemon: lines with their time on stderr, which start.ts has bound to the log file. */
export function createLog(file?: string, maxBytes = MAX_BYTES): (line: string) => void {
  let written = file === undefined ? 0 : fstatSync(STDERR).size
  return (line) => {
    const text = `${new Date().toISOString()} ${line.trimEnd()}\n`
    try {
      written += writeSync(STDERR, text)
      if (file === undefined || written <= maxBytes) return
      // All writers append, so the file can be emptied under them; one older generation stays.
      copyFileSync(file, `${file}.1`)
      ftruncateSync(STDERR, 0)
      written = 0
    } catch {
      // A full disk must not stop what serves because of a line about it.
    }
  }
}
