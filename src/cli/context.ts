import { resolve } from 'node:path'
import { LandfallError } from '../lib/error.ts'
import { show } from '../lib/show.ts'
import { type Look, lookOf } from './render/look.ts'

/** What every command is given: where it is about, how it may speak, and whether it may ask. */
export interface Context {
  home: string
  version: string
  /** Absolute. */
  folder: string
  /** Whether a person named the folder, rather than standing in it. */
  isFolderGiven: boolean
  environment: string
  isEnvironmentGiven: boolean
  isJson: boolean
  /** `--yes` is '', `--yes=shop` is 'shop'. */
  yes?: string
  /** A person is there to answer. */
  canAsk: boolean
  /** stdout: the result. */
  out: Channel
  /** stderr: progress and questions. */
  err: Channel
}
export interface Channel {
  look: Look
  write(text: string): void
  /** With a newline. */
  say(text: string): void
}

export interface CommonFlags {
  json?: boolean
  env?: string
  folder?: string
  yes?: string
}

export function contextOf(flags: CommonFlags, folder: string | undefined, base: { home: string; version: string }): Context {
  const isJson = flags.json === true
  if (flags.env !== undefined && !/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/.test(flags.env)) throw wrongEnvironment(flags.env)
  return {
    ...base,
    folder: resolve(folder ?? flags.folder ?? '.'),
    isFolderGiven: folder !== undefined || flags.folder !== undefined,
    environment: flags.env ?? 'local',
    isEnvironmentGiven: flags.env !== undefined,
    isJson,
    ...(flags.yes !== undefined && { yes: flags.yes }),
    canAsk: !isJson && process.stdin.isTTY === true && process.stderr.isTTY === true,
    out: channel(process.stdout),
    err: channel(process.stderr),
  }
}

function wrongEnvironment(name: string): LandfallError {
  const hint = 'small letters, digits and hyphens, a letter first: local, staging, preview-42'
  return new LandfallError({ code: 'E_NAME', message: `not a name of an environment: ${show(name)}`, at: '--env', hint })
}

function channel(stream: NodeJS.WriteStream): Channel {
  return {
    look: lookOf(stream),
    write: (text) => void stream.write(text),
    say: (text) => void stream.write(`${text}\n`),
  }
}

/** The one document of a command that answers. */
export function answer(context: Context, document: unknown, text: () => string): void {
  context.out.say(context.isJson ? JSON.stringify(document, null, 2) : text())
}

/** One line of a command that runs or follows. */
export function emit(context: Context, document: unknown): void {
  context.out.say(JSON.stringify(document))
}
