import { posix } from 'node:path'
import type { SourceFiles } from '../../model/plug.ts'

const PATH = /["'`](\/(?:api\/(?:v\d+\/)?)?(?:health|healthz|health-?check|livez|readyz|_health)\/?)["'`]/
/** Django names its paths without the first slash. */
const DJANGO = /\bpath\(\s*["']((?:api\/)?(?:health|healthz|health-?check)\/?)["']/
const SOURCE = /\.(?:[cm]?[jt]sx?|py|go|rb)$/
const NOT_SERVED = /(?:^|\/)(?:tests?|__tests__|e2e|spec|fixtures|docs|scripts)\/|\.(?:test|spec)\.|(?:^|\/)test_|\.d\.ts$/
const MOST_FILES = 400
const MOST_TEXT = 256 * 1024

/** The path of a health check that the code of a folder seems to have, with the file that says so. */
export function guessHealth(files: SourceFiles, folder: string): { path: string; file: string } | undefined {
  const prefix = folder === '.' ? '' : `${folder}/`
  const names = [...files.names].filter((n) => n.startsWith(prefix) && !NOT_SERVED.test(n.slice(prefix.length)))
  for (const name of names) {
    // Next.js and its like: the file's place is the path.
    const [, route] =
      /^(?:src\/)?(?:app|pages)(\/api\/(?:health|healthz|healthcheck|health-check))(?:\/route)?\.[jt]sx?$/.exec(
        name.slice(prefix.length),
      ) ?? []
    if (route) return { path: route, file: name }
  }
  // What lies high up is read first: there the servers begin.
  const sources = names.filter((n) => SOURCE.test(n)).sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
  for (const name of sources.slice(0, MOST_FILES)) {
    const text = files.text(name)
    if (text === undefined || text.length > MOST_TEXT) continue
    const [, path] = PATH.exec(text) ?? []
    if (path) return { path, file: name }
    const [, django] = posix.basename(name) === 'urls.py' ? (DJANGO.exec(text) ?? []) : []
    if (django) return { path: `/${django}`, file: name }
  }
  return undefined
}

function depth(path: string): number {
  return path.split('/').length
}
