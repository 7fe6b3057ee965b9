// biome-ignore-all lint/suspicious/noTemplateCurlyInString: PORT is written so in a manifest
import { splitCommand } from '../manifest/split-command.ts'

export interface ShellLine {
  /** As a manifest writes it. */
  run: string | string[]
  /** It needs a shell: what is in it was not looked at. */
  isShell: boolean
}

/** A line that another platform hands to a shell, as a command. `$PORT` is the one variable that every instance has. */
export function commandOfLine(line: string): ShellLine {
  const plain = line
    .trim()
    .replace(/^exec\s+/, '')
    .replace(/\$PORT\b|\$\{PORT(?::?-\d+)?\}/g, '${PORT}')
  const rest = plain.replaceAll('${PORT}', '')
  const split = splitCommand(plain)
  // A word in front that sets a variable, and what a shell puts in, only a shell knows.
  if ('words' in split && split.words.length > 0 && !rest.includes('$') && !/^[A-Za-z_]\w*=/.test(plain))
    return { run: plain, isShell: false }
  return { run: ['sh', '-c', line.trim().replaceAll('$', '$$$$')], isShell: true }
}

/** `a && b` as two commands, where no part of it needs a shell; else as one. */
export function commandsOfLine(line: string): (string | string[])[] {
  const parts = line.split('&&').map((part) => commandOfLine(part))
  return parts.some((p) => p.isShell) ? [commandOfLine(line).run] : parts.map((p) => p.run)
}
