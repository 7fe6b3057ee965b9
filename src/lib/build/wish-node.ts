import { posix } from 'node:path'
import { subset, validRange } from 'semver'
import type { BuildOptions } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { RuntimeWish, SourceFiles } from '../../model/plug.ts'
import { DEFAULT_NODE, endOfLife, NODE_CODENAMES } from './end-of-life.ts'
import { readPackage } from './workspaces.ts'

export interface Wished {
  wish: RuntimeWish
  findings: Finding[]
}

/**
 * Which Node: `build.runtime`, else `.nvmrc`, `.node-version`, `engines.node`, each of the component's folder before that of the
 * whole source; else our default, which is a finding.
 */
export function wishNode(files: SourceFiles, options: BuildOptions, today = new Date()): Wished {
  const folders = [...new Set([options.workspace ?? '.', '.'])]
  const found = byHand(options) ?? fromFiles(files, folders)
  if (!found) {
    const wish: RuntimeWish = { name: 'node', version: DEFAULT_NODE }
    return { wish, findings: [unpinned()] }
  }
  const version = rangeOf(found.text)
  if (version === undefined) return { wish: { name: 'node', version: DEFAULT_NODE, from: found.from }, findings: [unread(found)] }
  const wish: RuntimeWish = { name: 'node', version, from: found.from }
  return { wish, findings: [...ended(wish, today), ...contradiction(files, folders, wish)] }
}

type Said = { text: string; from: string }

function byHand(options: BuildOptions): Said | undefined {
  if (options.runtime === undefined) return undefined
  return { text: options.runtime.replace(/^node(js)?@/, ''), from: 'build.runtime' }
}

function fromFiles(files: SourceFiles, folders: string[]): Said | undefined {
  for (const folder of folders) {
    for (const name of ['.nvmrc', '.node-version']) {
      const from = posix.join(folder, name)
      const text = firstLine(files.text(from))
      if (text) return { text, from }
    }
    const engine = readPackage(files, folder)?.engines?.node?.trim()
    if (engine && engine !== '*') return { text: engine, from: posix.join(folder, 'package.json') }
  }
  return undefined
}

/** A range that semver reads; `undefined` for words that no version follows from, such as `latest`. */
function rangeOf(text: string): string | undefined {
  const plain = text.replace(/^v(?=\d)/, '').toLowerCase()
  if (/^(lts|lts\/\*|--lts)$/.test(plain)) return DEFAULT_NODE
  const codename = /^lts\/(\w+)$/.exec(plain)?.[1]
  if (codename) return NODE_CODENAMES[codename]
  return plain !== '' && validRange(plain) ? plain : undefined
}

function ended(wish: RuntimeWish, today: Date): Finding[] {
  const end = endOfLife('node', wish.version, today)
  if (!end) return []
  return [
    {
      level: 'warning',
      code: 'W_END_OF_LIFE',
      at: wish.from ?? 'build.runtime',
      message: `${end.what} has had no security fixes since ${end.since}`,
      hint: `move to Node ${DEFAULT_NODE}, and say so in ${wish.from ?? '.nvmrc'}`,
    },
  ]
}

/** `.nvmrc` says one thing and `engines` another: the first is followed, and somebody should know. */
function contradiction(files: SourceFiles, folders: string[], wish: RuntimeWish): Finding[] {
  for (const folder of folders) {
    const engine = readPackage(files, folder)?.engines?.node
    if (!engine || !validRange(engine) || subset(wish.version, engine)) continue
    if (wish.from === posix.join(folder, 'package.json')) continue
    const at = posix.join(folder, 'package.json')
    const message = `${wish.from} says Node ${wish.version}, engines.node says ${engine}: ${wish.from} is followed`
    return [{ level: 'warning', code: 'W_RUNTIME_CONTRADICTION', at, message, hint: 'make them say the same' }]
  }
  return []
}

const unpinned = (): Finding => ({
  level: 'warning',
  code: 'W_RUNTIME_UNPINNED',
  at: '.nvmrc',
  message: `nothing says which Node this needs: ${DEFAULT_NODE} is used`,
  hint: `echo ${DEFAULT_NODE} > .nvmrc`,
})

const unread = (said: Said): Finding => ({
  level: 'error',
  code: 'E_RUNTIME_VERSION',
  at: said.from,
  message: `${JSON.stringify(said.text.slice(0, 60))} is no version of Node that another day would give again`,
  hint: `write a number such as ${DEFAULT_NODE}, or a range such as >=22.19`,
})

/** Without comments and blanks. */
export function firstLine(text: string | undefined): string | undefined {
  const lines = (text ?? '').split(/\r?\n/).map((line) => line.replace(/#.*/, '').trim())
  return lines.find((line) => line !== '')
}
