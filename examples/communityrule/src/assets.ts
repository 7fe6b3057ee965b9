import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

export interface Asset {
  body: Uint8Array<ArrayBuffer>
  type: string
  hash: string
}
export interface Assets {
  find(name: string): Asset | undefined
  /** `/assets/style.css?v=1a2b3c4d` */
  href(name: string): string
}

const TYPES: Record<string, string> = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }

/**
 * The few files of `public/`, kept in memory. The digest stands in the query and not in the name: during a release a page of
 * one version asks the other version for its files, and must not meet a 404.
 */
export function readAssets(folder: URL): Assets {
  const assets = new Map<string, Asset>()
  for (const name of readdirSync(folder)) {
    const type = TYPES[name.split('.').at(-1) ?? '']
    if (!type) continue
    const body = new Uint8Array(readFileSync(new URL(name, folder)))
    assets.set(name, { body, type: `${type}; charset=utf-8`, hash: createHash('sha256').update(body).digest('hex').slice(0, 8) })
  }
  return {
    find: (name) => assets.get(name),
    href: (name) => `/assets/${name}?v=${assets.get(name)?.hash ?? ''}`,
  }
}
