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
  check: (resource, environment) => checkOptions(resource, environment, new Date()),
  checkIn: checkPool,
  expand,
  output,
  data(resource) {
    const { urlFrom, major } = readOptions(resource)
    return urlFrom ? { type: 'external postgres', version: 'url' } : { type: 'postgres', version: major }
  },
  snapshot,
  // Both are loaded late: offline commands never need them.
  server: {
    resolve: (version) => (systemMajor(version) ? version : resolveRelease(version).version),
    install: async (...args) => (await import('./install.ts')).install(...args),
    login: async (...args) => (await import('./login.ts')).login(...args),
  },
}
export default postgres
