import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Scope } from '../../model/plan.ts'

const MAX_BYTES = 16 * 1024 * 1024
/** More than a person can read while it goes by. */
const LINES_PER_SECOND = 400
const FIRST = 10
const LAST = 40

export interface BuildLog {
  path: string
  line(text: string): void
  /** From here on: what `tail` gives. */
  mark(): void
  /** The last lines since then, as evidence; and the first, since many programs say what is wrong and then how they are used. */
  tail(): string
  close(): void
}

/** All of a build's output in a file; what people watch is cut where it floods. */
export function openBuildLog(
  home: string,
  scope: Scope,
  component: string,
  artifact: string,
  say: (line: string) => void,
): BuildLog {
  const folder = join(home, 'logs', scope.app, scope.environment, component)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const path = join(folder, `build-${artifact}.log`)
  const file = openSync(path, 'a', 0o600)
  let bytes = fstatSync(file).size
  if (bytes > MAX_BYTES / 2) ftruncateSync(file, 0)
  if (bytes > MAX_BYTES / 2) bytes = 0
  const first: string[] = []
  const last: string[] = []
  let between = 0
  let second = 0
  let said = 0
  let skipped = 0
  const tell = (text: string) => {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) {
      if (skipped > 0) say(`… ${skipped} more lines are in ${path}`)
      second = now
      said = 0
      skipped = 0
    }
    said += 1
    if (said <= LINES_PER_SECOND) say(text)
    else skipped += 1
  }
  const write = (text: string) => {
    if (bytes > MAX_BYTES) return
    bytes += writeSync(file, `${text}\n`)
    if (bytes > MAX_BYTES) writeSync(file, '… the log of one build ends here\n')
  }
  return {
    path,
    line(text) {
      if (first.length < FIRST) first.push(text)
      else last.push(text)
      if (last.length > LAST) {
        last.shift()
        between += 1
      }
      write(text)
      tell(text)
    },
    mark() {
      first.length = 0
      last.length = 0
      between = 0
    },
    tail: () => [...first, ...(between > 0 ? [`… ${between} lines …`] : []), ...last].join('\n'),
    close() {
      if (skipped > 0) say(`… ${skipped} more lines are in ${path}`)
      closeSync(file)
    },
  }
}
