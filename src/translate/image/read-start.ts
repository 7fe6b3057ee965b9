import { splitCommand } from '../../manifest/split-command.ts'
import type { SourceFiles } from '../../model/plug.ts'

export interface Start {
  file: string
  run?: string
  /** As a manifest writes them. */
  release: (string | { check: string; else: string })[]
  /** Lines that say something, and of which nothing came along. */
  left: string[]
}

/** What a start.sh ends in, and which of its lines migrate. Undefined: there is none. */
export function findStart(files: SourceFiles, folder: string): Start | undefined {
  const prefix = folder === '.' ? '' : `${folder}/`
  const candidates = ['start.sh', 'scripts/start.sh', 'cloudron/start.sh', 'pkg/start.sh', 'docker/start.sh', 'bin/start.sh']
  const written = [...files.names].filter((n) => n.startsWith(prefix) && /(^|\/)landfall\/[\w-]+\/start\.sh$/.test(n)).sort()
  const file = [...candidates.map((c) => prefix + c), ...written].find((c) => files.names.has(c))
  return file === undefined ? undefined : readStart(files, file)
}

/** The same for a script whose path is known. */
export function readStart(files: SourceFiles, file: string): Start | undefined {
  const text = files.text(file)
  if (text === undefined) return undefined
  const lines = text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '' && !l.startsWith('#'))
  const start: Start = { file, release: [], left: [] }
  // Ours keeps the steps of a release in a file of their own.
  const own = /^(.*landfall\/[\w-]+)\/(start|entrypoint)\.sh$/.exec(file)?.[1]
  const release = own === undefined ? undefined : readStart(files, `${own}/release.sh`)
  if (release) start.release.push(...release.release)
  const fallback = lines.find((l) => l.startsWith('set -- '))?.slice(7)
  let asked: string | undefined
  for (const [i, line] of lines.entries()) {
    const command = withoutUser(line)
    const question = /^if (.+); then$/.exec(line)?.[1]
    if (question !== undefined && isPlain(withoutUser(question)) && !/^[[!]/.test(question)) asked = withoutUser(question)
    if (line === 'fi') asked = undefined
    if (asked !== undefined && lines[i - 1] === 'else' && isPlain(command)) {
      start.release.push({ check: asked, else: command })
      continue
    }
    if (/^exec\s/.test(line)) {
      const plain = /^"?\$@"?$/.test(command) ? fallback : command
      if (plain !== undefined && isPlain(plain)) start.run = plain
    } else if (/\b(migrate|migration|db push|collectstatic|upgrade head)\b/.test(command)) {
      const [check = '', other, ...more] = command.split(/\s*\|\|\s*/)
      if (other === undefined && isPlain(command)) start.release.push(command)
      // `manage.py migrate --check || manage.py migrate` says what a step with a check says.
      else if (other !== undefined && more.length === 0 && isPlain(check) && isPlain(other) && other !== 'true')
        start.release.push({ check, else: other })
      else start.left.push(line.slice(0, 80))
    } else if (
      !/^(set|mkdir|chown|chmod|export|echo|umask|if|then|fi|else|ln|cd|for|do|done|case|esac|\[|:|\{|\}|missing=|exit|ensure|shift|(node|python) \/landfall\/|\/bin\/sh \/landfall\/)/.test(
        line,
      ) &&
      !/^\w+=/.test(line)
    )
      start.left.push(line.slice(0, 80))
  }
  return start
}

/** The command itself: Landfall runs nothing as root anyway. */
function withoutUser(line: string): string {
  return line
    .replace(/^exec\s+/, '')
    .replace(/^(\/usr\/local\/bin\/|\/usr\/sbin\/)?gosu\s+\S+\s+/, '')
    .replace(/^(su-exec|sudo -E -u)\s+\S+\s+/, '')
}

function isPlain(command: string): boolean {
  const split = splitCommand(command)
  return 'words' in split && split.words.length > 0
}
