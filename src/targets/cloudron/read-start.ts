import { splitCommand } from '../../manifest/split-command.ts'
import type { ReadContext } from '../../model/target.ts'

export interface Start {
  file: string
  run?: string
  release: string[]
  /** Lines that say something, and of which nothing came along. */
  left: string[]
}

/** What a start.sh ends in, and which of its lines migrate. Undefined: there is none. */
export function readStart({ files }: ReadContext, folder: string): Start | undefined {
  const prefix = folder === '.' ? '' : `${folder}/`
  const candidates = ['start.sh', 'scripts/start.sh', 'cloudron/start.sh', 'pkg/start.sh', 'docker/start.sh', 'bin/start.sh']
  const written = [...files.names].filter((n) => n.startsWith(`${prefix}landfall/`) && n.endsWith('/start.sh')).sort()
  const file = [...candidates.map((c) => prefix + c), ...written].find((c) => files.names.has(c))
  const text = file === undefined ? undefined : files.text(file)
  if (file === undefined || text === undefined) return undefined
  const lines = text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '' && !l.startsWith('#'))
  const start: Start = { file, release: [], left: [] }
  const fallback = lines.find((l) => l.startsWith('set -- '))?.slice(7)
  for (const line of lines) {
    const command = withoutUser(line)
    if (/^exec\s/.test(line)) {
      const plain = /^"?\$@"?$/.test(command) ? fallback : command
      if (plain !== undefined && isPlain(plain)) start.run = plain
    } else if (/\b(migrate|migration|db push|collectstatic|upgrade head)\b/.test(command) && isPlain(command))
      start.release.push(command)
    else if (
      !/^(set|mkdir|chown|chmod|export|echo|umask|if|then|fi|else|ln|cd|for|do|done|case|esac|\[|:|\{|\}|missing=|exit|ensure|shift)/.test(
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
