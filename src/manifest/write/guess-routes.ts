import type { SourceFiles } from '../../model/plug.ts'
import type { GuessedComponent } from './guess-types.ts'

/**
 * One host for what people look at. A backend beside it gets `/api` where its code serves paths that begin so, since no part of a
 * path is taken away on the way to it; otherwise a host of its own.
 */
export function guessRoutes(
  app: string,
  components: GuessedComponent[],
  files: SourceFiles,
): { host: string; path?: string; to: string }[] {
  const routed = components.filter((c) => c.type === 'web' || c.type === 'static')
  const front =
    routed.find((c) => /front|web|site|www|client|app|ui/.test(c.name)) ?? routed.find((c) => c.type === 'static') ?? routed[0]
  if (!front) return []
  const host = `${app}.example`
  const others = routed.filter((c) => c !== front)
  const rest = others.map((c) =>
    servesApi(files, c.folder) ? { host, path: '/api', to: c.name } : { host: `${c.name}.${host}`, to: c.name },
  )
  const paths = rest.filter((r) => r.path !== undefined)
  // Two that both want /api cannot both have it.
  const settled = paths.length > 1 ? rest.map((r) => ({ host: `${r.to}.${host}`, to: r.to })) : rest
  return [...settled, { host, to: front.name }]
}

function servesApi(files: SourceFiles, folder: string): boolean {
  const prefix = folder === '.' ? '' : `${folder}/`
  let looked = 0
  for (const name of files.names) {
    if (!name.startsWith(prefix) || !/\.(?:[cm]?[jt]s|py)$/.test(name) || /\.test\.|\.spec\.|\/tests?\//.test(name)) continue
    looked += 1
    if (looked > 200) return false
    if (/["'`]\/?api\//.test((files.text(name) ?? '').slice(0, 256 * 1024)) || /["'`]\/api["'`]/.test(files.text(name) ?? ''))
      return true
  }
  return false
}
