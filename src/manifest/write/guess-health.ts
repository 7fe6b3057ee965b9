import { posix } from 'node:path'
import type { SourceFiles } from '../../model/plug.ts'
import { servedNames, sourceTexts } from './source-texts.ts'

const PATH = /["'`](\/(?:api\/(?:v\d+\/)?)?(?:health|healthz|health-?check|livez|readyz|_health)\/?)["'`]/
/** Django names its paths without the first slash. */
const DJANGO = /\bpath\(\s*["']((?:api\/)?(?:health|healthz|health-?check)\/?)["']/
/** Next.js and its like: the file's place is the path. */
const FILE = /^(?:src\/)?(?:app|pages)(\/api\/(?:health|healthz|healthcheck|health-check))(?:\/route)?\.[jt]sx?$/

/** The path of a health check that the code of a folder seems to have, with the file that says so. */
export function guessHealth(files: SourceFiles, folder: string): { path: string; file: string } | undefined {
  for (const name of servedNames(files, folder)) {
    const [, path] = FILE.exec(posix.relative(folder, name)) ?? []
    if (path) return { path, file: name }
  }
  for (const { name, text } of sourceTexts(files, folder)) {
    const [, path] = PATH.exec(text) ?? []
    if (path) return { path, file: name }
    const [, django] = posix.basename(name) === 'urls.py' ? (DJANGO.exec(text) ?? []) : []
    if (django) return { path: `/${django}`, file: name }
  }
  return undefined
}
