import type { CommonFlags, Context } from './context.ts'

export interface Flags extends CommonFlags {
  follow?: boolean
  since?: string
  release?: string
  lines?: string
  foreground?: boolean
  unit?: boolean
  edge?: boolean
  limit?: string
  key?: string
  command?: string
  readonly?: boolean
  write?: boolean
  from?: string
  to?: string
  out?: string
  option?: string
  check?: boolean
  strict?: boolean
  force?: boolean
  dry?: boolean
  proved?: string
  code?: boolean
  codeAndData?: boolean
  target?: string
  sign?: string
  by?: string
  history?: boolean
  again?: boolean
  resource?: string
  skipUnknown?: boolean
  markdown?: boolean
  restore?: boolean
  /** `--no-verify`. */
  verify?: boolean
  into?: string
  identity?: string
  endpoint?: string
  region?: string
  fix?: boolean
}

/** One command as data: parsing, help and completion are made of it, and its code is loaded when it is called. */
export interface CommandSpec {
  /** `up`, `env set`. */
  name: string
  group: 'Release' | 'Look' | 'Operate' | 'Write' | 'Machine'
  /** As the help shows them: `[components...]`, `<run>`. */
  args?: string
  about: string
  /**
   * How the folder is told: as the last argument, or with `-C` where other arguments stand there; `last` takes both, since
   * what looks like a path is no component's name. `none`: the command is about no app.
   */
  folder: 'argument' | 'last' | 'option' | 'none'
  options: OptionSpec[]
  /** Command lines without `landfall`, each with what it does. */
  examples: [string, string][]
  load(): Promise<{ run: Run }>
  isHidden?: boolean
}
export interface OptionSpec {
  flags: string
  about: string
}
/** Comes back with the exit code; 0 where it says nothing. */
export type Run = (context: Context, args: string[], flags: Flags) => Promise<number | undefined>

export const FOLDER: OptionSpec = { flags: '-C, --folder <folder>', about: 'folder of the app (default: here)' }
export const ENV: OptionSpec = { flags: '--env <name>', about: 'environment (default: local)' }
export const JSON_OUT: OptionSpec = { flags: '--json', about: 'machine-readable output' }
export const YES: OptionSpec = { flags: '-y, --yes [app]', about: 'do not ask; a protected environment wants --yes=<app>' }
export const OPTION: OptionSpec = {
  flags: '--option <name=value>',
  about: "the target's own options, with commas between several",
}
export const OUT: OptionSpec = { flags: '--out <folder>', about: 'where files are written (default: the folder of the app)' }
export const STRICT: OptionSpec = { flags: '--strict', about: 'exit code 1 when anything is lost' }
export const FORCE: OptionSpec = { flags: '--force', about: 'write over files that are there' }
export const KEY: OptionSpec = { flags: '--key <key>', about: 'the same key twice is the same run: for pipelines that retry' }
