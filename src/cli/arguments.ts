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

/** Flags that are about every command may stand before its name: `landfall -C ../shop up`. */
export function moveLeadingFlags(argv: string[]): string[] {
  const leading: string[] = []
  let at = 0
  for (let arg = argv[at]; arg !== undefined; arg = argv[at]) {
    const takesNext = arg === '-C' || arg === '--folder' || arg === '--env'
    if (!takesNext && arg !== '--json' && !/^--(folder|env)=/.test(arg)) break
    leading.push(...argv.slice(at, at + (takesNext ? 2 : 1)))
    at += takesNext ? 2 : 1
  }
  const rest = argv.slice(at)
  const end = rest.indexOf('--')
  return end < 0 ? [...rest, ...leading] : [...rest.slice(0, end), ...leading, ...rest.slice(end)]
}

/** A path and not the name of a component, a release or a host: `.`, `../shop`, `/srv/shop`, `apps/shop`, `~/shop`. */
export function looksLikeFolder(text: string): boolean {
  return text === '.' || text === '..' || text.startsWith('~') || text.includes('/')
}

/**
 * Takes the folder from the arguments where the command may have it there. A plain word is one where nothing else can be meant:
 * `isFolderHere` says that it is a folder, beside which there is no manifest whose components it could name.
 */
export function takeFolder(
  spec: CommandSpec,
  args: string[],
  isFolderHere: (name: string) => boolean,
): { args: string[]; folder?: string } {
  const last = args.at(-1)
  if (last === undefined) return { args }
  const isFolder = spec.folder === 'argument' || (spec.folder === 'last' && (looksLikeFolder(last) || isFolderHere(last)))
  return isFolder ? { args: args.slice(0, -1), folder: last } : { args }
}
