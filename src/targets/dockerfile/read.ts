import { posix } from 'node:path'
import type { PartialManifest } from '../../manifest/partial.ts'
import type { ManualStep, Read, ReadContext } from '../../model/target.ts'
import { finalChain, keyOf, type Line, type Parsed, parseDockerfile } from './parse-dockerfile.ts'
import { readImage } from './read-image.ts'

/** Components of the Dockerfiles that a project has: what they say of how it runs, and of how it is built where that can be told. */
export async function read(context: ReadContext): Promise<Read> {
  const manifest: PartialManifest = {}
  const because: Record<string, string> = {}
  const steps: ManualStep[] = []
  for (const path of context.found) {
    const text = context.files.text(path)
    if (text === undefined) {
      context.finding({ level: 'error', code: 'E_UNREADABLE', at: path, message: `${path} is not a file that can be read here` })
      continue
    }
    const parsed = parseDockerfile(path, text)
    if ('level' in parsed) {
      context.finding(parsed)
      continue
    }
    const { data, lines } = ledgerOf(parsed)
    const root = context.opened(path, data, (at) => ({ line: lines.get(String(at[0])) ?? 1, column: 1 }))
    const said = writtenNames(parsed)
    if (said.app !== undefined) manifest.app ??= said.app
    if (said.version !== undefined) manifest.version ??= said.version
    const taken = new Set(Object.keys(manifest.components ?? {}))
    if (said.component !== undefined && taken.has(said.component)) {
      root.changed(`another image of the component ${said.component}, for another platform`)
      continue
    }
    const name = said.component ?? nameOf(path, context.folderName, taken)
    readImage({ path, name, parsed, root, context, manifest, because, steps })
  }
  return { manifest, because, steps }
}

/** What our own Dockerfiles say of where they come from. */
function writtenNames(parsed: Parsed): { app?: string; component?: string; version?: string } {
  const pairs = finalChain(parsed).flatMap((s) => s.lines.filter((l) => l.keyword === 'ENV').flatMap((l) => l.pairs))
  const said = (name: string, is: RegExp) => {
    const value = pairs.findLast((p) => p.name === name)?.value
    return value && is.test(value) ? value : undefined
  }
  const [app, component] = ['LANDFALL_APP', 'LANDFALL_COMPONENT'].map((name) => said(name, /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/))
  const version = said('LANDFALL_VERSION', /^[\w.+-]{1,60}$/)
  return { ...(app && { app }), ...(component && { component }), ...(version && { version }) }
}

/** One entry for each instruction, called by its line: `12 EXPOSE`. */
function ledgerOf({ globals, stages }: Parsed): { data: Record<string, unknown>; lines: Map<string, number> } {
  const all = [...globals, ...stages.flatMap((s) => [s.from, ...s.lines])]
  const data = Object.fromEntries(all.map((line) => [keyOf(line), dataOf(line)]))
  return { data, lines: new Map(all.map((line) => [keyOf(line), line.line])) }
}

function dataOf({ keyword, text, words, pairs, flags }: Line): unknown {
  const more =
    Object.keys(flags).length > 0 ? Object.fromEntries(Object.entries(flags).map(([k, v]) => [`--${k}`, v])) : undefined
  if (pairs.length > 0) return Object.fromEntries(pairs.map((p) => [p.name, p.value]))
  if (keyword === 'EXPOSE' || keyword === 'VOLUME') return words
  return more ? { ...more, [keyword.toLowerCase()]: text } : text
}

/** `web.Dockerfile` and `Dockerfile.web` name it; else its folder does. */
function nameOf(path: string, folderName: string, taken: Set<string>): string {
  const file = posix.basename(path)
  const said = /^Dockerfile\.(.+)$/i.exec(file)?.[1] ?? /^(.+)\.Dockerfile$/i.exec(file)?.[1]
  const folder = posix.basename(posix.dirname(path))
  const wanted =
    said && !/^(cloudron|prod|production|dev|development|build|test|ci)$/i.test(said)
      ? said
      : folder === '.'
        ? folderName
        : folder
  const plain = wanted
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 36)
  const name = /^[a-z][a-z0-9-]*[a-z0-9]$/.test(plain) ? plain : 'web'
  if (!taken.has(name)) return name
  for (let n = 2; ; n++) if (!taken.has(`${name}-${n}`)) return `${name}-${n}`
}
