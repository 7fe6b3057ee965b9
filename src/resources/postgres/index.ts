import type { ResourceType } from '../../model/plug.ts'
import { checkPool } from './check-pool.ts'
import { expand, OUTPUTS, output } from './expand.ts'
import { checkOptions, readOptions } from './options.ts'
import { snapshot } from './snapshot.ts'
import { systemMajor } from './system.ts'
import { resolveRelease } from './versions.ts'

const postgres: ResourceType = {
  type: 'postgres',
  title: 'PostgreSQL',
  outputs: OUTPUTS,
  elsewhere: ['url', 'readonlyUrl'],
  check: (resource, environment) => checkOptions(resource, environment, new Date()),
  checkIn: checkPool,
  expand,
  output,
  external(resource) {
    const { urlFrom } = readOptions(resource)
    return urlFrom ? { url: { type: 'stored', name: urlFrom, secret: true } } : undefined
  },
  data(resource) {
    const { urlFrom, major } = readOptions(resource)
    return urlFrom ? { type: 'external postgres', version: 'url' } : { type: 'postgres', version: major }
  },
  snapshot,
  // Both are loaded late: offline commands never need them.
  server: {
    resolve: (version) => (systemMajor(version) ? version : resolveRelease(version).version),
    install: async (...args) => (await import('./install.ts')).install(...args),
    login: async (values, signal) =>
      values.url === undefined
        ? (await import('./login.ts')).login(values, signal)
        : (await import('./by-url.ts')).loginByUrl(values.url, signal),
    query: async (...args) => (await import('./by-url.ts')).query(...args),
    blocked: async (...args) => (await import('./by-url.ts')).blocked(...args),
  },
}
export default postgres
