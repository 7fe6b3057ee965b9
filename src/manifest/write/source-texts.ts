import type { SourceFiles } from '../../model/plug.ts'

const SOURCE = /\.(?:[cm]?[jt]sx?|py|go|rb|vue|svelte|astro)$/
const NOT_SERVED =
  /(?:^|\/)(?:tests?|__tests__|e2e|spec|fixtures|docs|scripts|bench)\/|\.(?:test|spec|config)\.|(?:^|\/)test_|\.d\.ts$/
const MOST_FILES = 400
const MOST_TEXT = 256 * 1024

/** Names below a folder that may be part of what runs: no tests, no tools. */
export function servedNames(files: SourceFiles, folder: string): string[] {
  const prefix = folder === '.' ? '' : `${folder}/`
  return [...files.names].filter((n) => n.startsWith(prefix) && !NOT_SERVED.test(n.slice(prefix.length)))
}

/** Code below a folder, what lies high up first: there programs begin. Only so much of it as one look may cost. */
export function* sourceTexts(files: SourceFiles, folder: string): Generator<{ name: string; text: string }> {
  const depth = (path: string) => path.split('/').length
  const names = servedNames(files, folder).filter((n) => SOURCE.test(n))
  for (const name of names.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1)).slice(0, MOST_FILES)) {
    const text = files.text(name)
    if (text !== undefined && text.length <= MOST_TEXT) yield { name, text }
  }
}
