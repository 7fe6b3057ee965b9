import type { StaticOptions } from '../model/app.ts'
import type { ManifestComponent } from './schema.ts'
import type { World } from './world.ts'

export function resolveServe(world: World, name: string, component: ManifestComponent): StaticOptions | undefined {
  const { serve, type } = component
  if (type !== 'static') {
    if (serve)
      world.remarks.key(
        'E_NOT_HERE',
        ['components', name, 'serve'],
        `only a static component is served from files, and this is a ${type}`,
        'leave it out',
      )
    return undefined
  }
  const { spa = false, basePath = '/', redirects = [], immutable = [] } = serve ?? {}
  return {
    spa,
    basePath: basePath.endsWith('/') ? basePath : `${basePath}/`,
    redirects: Object.values(redirects).map(({ from, to, status }) => ({ from, to, status: status ?? 301 })),
    immutable: Object.values(immutable),
  }
}
