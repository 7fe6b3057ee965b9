import type { ResourceType } from '../../model/plug.ts'
import { expand, OUTPUTS, output, sourceVersion } from './expand.ts'
import { checkOptions, readOptions } from './options.ts'
import { snapshot } from './snapshot.ts'

const redis: ResourceType = {
  type: 'redis',
  title: 'Redis or Valkey',
  outputs: OUTPUTS,
  elsewhere: ['url'],
  files: ['config'],
  check: (resource, environment) => checkOptions(resource, environment),
  expand,
  output,
  external(resource) {
    const { urlFrom } = readOptions(resource)
    return urlFrom ? { url: { type: 'stored', name: urlFrom, secret: true } } : undefined
  },
  data(resource) {
    const { urlFrom, isKept } = readOptions(resource)
    if (urlFrom) return { type: 'external redis', version: 'url' }
    // Servers read what older ones wrote; that a newer one wrote it is found, and refused, when it starts.
    return isKept ? { type: 'redis', version: '1' } : undefined
  },
  snapshot,
  // Both are loaded late: offline commands never need them.
  server: {
    resolve: (version) => (version.includes('+') ? version : sourceVersion(version || undefined)),
    install: async (...args) => (await import('./install.ts')).install(...args),
    login: async (values, signal) =>
      values.url === undefined
        ? (await import('./login.ts')).login(values, signal)
        : (await import('./by-url.ts')).loginByUrl(values.url, signal),
  },
}
export default redis
