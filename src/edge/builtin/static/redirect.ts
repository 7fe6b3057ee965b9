import type { StaticOptions } from '../../../model/app.ts'

/**
 * The redirect for a path: exact, or with `/*` at the end of `from` for everything below, which then stands for `*` in `to`. The
 * query goes along unless `to` has one of its own.
 */
export function redirectFor(
  redirects: StaticOptions['redirects'],
  path: string,
  query: string,
): { status: number; location: string } | undefined {
  for (const { from, to, status } of redirects) {
    let location: string | undefined
    if (from.endsWith('/*')) {
      const prefix = from.slice(0, -1)
      // Without leading slashes, or `/old//evil.example` would lead there.
      if (path.startsWith(prefix)) location = to.replace('*', path.slice(prefix.length).replace(/^[/\\]+/, ''))
    } else if (path === from || (from !== '/' && path === `${from}/`)) location = to
    if (location !== undefined) return { status, location: to.includes('?') ? location : withQuery(location, query) }
  }
  return undefined
}

function withQuery(location: string, query: string): string {
  const hash = location.indexOf('#')
  return hash === -1 ? location + query : location.slice(0, hash) + query + location.slice(hash)
}
