import { posix } from 'node:path'
import type { EnvInput } from '../../manifest/partial.ts'
import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import { splitCommand } from '../../manifest/split-command.ts'
import type { SourceFiles } from '../../model/plug.ts'
import { readStart } from '../image/read-start.ts'

const PORT = ['$', '{PORT}'].join('')
/** What our own entrypoint is called by: its steps stand in landfall/<component>/. */
const OURS = /\/landfall\/(entrypoint|start|release)\.sh|LANDFALL_PREPARE=/

/** A name as a manifest has them. */
export function nameOf(text: string | undefined, otherwise = 'web'): string {
  const plain = (text ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return /^[a-z][a-z0-9-]*[a-z0-9]$/.test(plain) ? plain : otherwise
}

export const isOurs = (text: string | undefined): boolean => text !== undefined && OURS.test(text)

/** A command that a shell would run there, as a manifest writes one. Undefined where it needs a shell, or holds a secret. */
export function commandOf(text: string | undefined): string | undefined {
  if (text === undefined || isOurs(text)) return undefined
  if (secretLiteral(text) || text.split(/[\s=]+/).some((part) => secretLiteral(part))) return undefined
  const plain = (withPort(text) ?? '')
    .trim()
    .replace(/^(?:\/bin\/)?(?:ba)?sh -l?c (['"])([^'"]*)\1$/, '$2')
    .trim()
    .replace(/^exec\s+/, '')
    .replace(/(^|[\s=])(0\.0\.0\.0|\[::\]|::)(?=:|\s|$)/g, '$1127.0.0.1')
  const split = splitCommand(plain)
  return 'words' in split && split.words.length > 0 ? plain : undefined
}

/** `a && b` as its commands, from the component's folder; undefined where one of them needs a shell. */
export function commandsOf(text: string | undefined, folder: string): string[] | undefined {
  const inner = (text ?? '').trim().replace(/^(?:\/bin\/)?(?:ba)?sh -l?c (['"])([^'"]*)\1$/, '$2')
  const parts = inner.split(/&&|;|\n/).map((p) => p.trim())
  const all = parts.filter((p) => p !== '' && !/^set -\w+$/.test(p) && !(p.startsWith('cd ') && isFolder(p.slice(3), folder)))
  const commands = all.map(commandOf)
  return commands.length > 0 && commands.every((c) => c !== undefined) ? commands : undefined
}

const isFolder = (said: string, folder: string) => posix.normalize(said.trim()).replace(/\/$/, '') === folder

export interface StartText {
  run?: string
  release: (string | { check: string; else: string })[]
  /** What it was read from, where that is a script. */
  script?: string
  /** Lines of the script of which nothing came along. */
  left: string[]
}
/** What is started: the last command of a line, or of the script that it names; what migrates before it is a release. */
export function startOf(text: string | undefined, folder: string, files: SourceFiles): StartText | undefined {
  const said = /^(?:exec\s+)?(?:(?:\/bin\/)?(?:ba)?sh\s+)?(\S+\.sh)$/.exec((text ?? '').trim())?.[1]
  if (said !== undefined) {
    const file = [posix.join(folder, said), posix.normalize(said)].find((f) => files.names.has(f))
    const start = file === undefined ? undefined : readStart({ names: files.names, text: (f) => withPort(files.text(f)) }, file)
    const run = commandOf(start?.run)
    if (start && run !== undefined && file !== undefined) return { ...start, run, script: file }
  }
  const all = commandsOf(text, folder)
  if (!all) return undefined
  const run = all.at(-1)
  return { ...(run !== undefined && { run }), release: all.slice(0, -1), left: [] }
}

const withPort = (text: string | undefined) => text?.replace(/\$\{PORT(?::?-\d+)?\}|\$PORT\b/g, PORT)

export const RESERVED = /^(PORT|PATH|HOME|NODE_OPTIONS|LD_\w+|LANDFALL_\w*)$/
export const isVariableName = (name: string): boolean => /^[A-Z_a-z]\w*$/.test(name) && name.length <= 100

/** The value of a variable as a manifest has it; a secret's never: then it is asked for, and `isAsked` says so. */
export function literalInput(name: string, text: string): { input: EnvInput; isAsked: boolean } {
  if (isSecretName(name) || secretLiteral(text)) return { input: { secret: true, required: true }, isAsked: true }
  return { input: text.replaceAll('$', '$$$$'), isAsked: false }
}
/** A variable whose value stands nowhere. */
export const askedInput = (name: string): EnvInput => (isSecretName(name) ? { secret: true, required: true } : { required: true })
