import type { CommandSpec } from './command.ts'

/**
 * `--yes` may stand alone, and then the word after it is not its value: commander would take `up --yes web` for the app `web`.
 * Everything behind `--` belongs to somebody else.
 */
export function separateYes(argv: string[]): string[] {
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  return [...own.map((arg) => (arg === '--yes' || arg === '-y' ? '--yes=' : arg)), ...(end < 0 ? [] : argv.slice(end))]
}

/** A path and not the name of a component, a release or a host: `.`, `../shop`, `/srv/shop`, `apps/shop`, `~/shop`. */
export function looksLikeFolder(text: string): boolean {
  return text === '.' || text === '..' || text.startsWith('~') || text.includes('/')
}

/** Takes the folder from the arguments where the command may have it there. */
export function takeFolder(spec: CommandSpec, args: string[]): { args: string[]; folder?: string } {
  const last = args.at(-1)
  if (last === undefined) return { args }
  const isFolder = spec.folder === 'argument' || (spec.folder === 'last' && looksLikeFolder(last))
  return isFolder ? { args: args.slice(0, -1), folder: last } : { args }
}
