import { installProgram, programVersion } from '../../lib/own-server/program.ts'
import type { ResourceType } from '../../model/plug.ts'
import { checkFallback } from './check-fallback.ts'
import { expand, OUTPUTS, output, PROGRAM } from './expand.ts'
import { checkOptions, readOptions } from './options.ts'
import { snapshot } from './snapshot.ts'

const bucket: ResourceType = {
  type: 'bucket',
  title: 'Bucket (S3)',
  outputs: OUTPUTS,
  elsewhere: ['provider', 'endpoint', 'accountId', 'region', 'bucket', 'accessKey', 'secretKey', 'customDomain', 'fallback'],
  check: checkOptions,
  expand,
  output,
  data(resource) {
    const { external, fallback } = readOptions(resource)
    if (external) return { type: 'external bucket', version: 'url' }
    return fallback ? undefined : { type: 'bucket', version: '1' }
  },
  checkIn(resource, app) {
    const { fallback } = readOptions(resource)
    return fallback ? checkFallback(resource, fallback, app) : []
  },
  snapshot,
  server: {
    resolve: (version) => version || programVersion(PROGRAM),
    install: async (source, into, { say }) => installProgram(PROGRAM, source.version, into, say),
    // Loaded late: offline commands never need it.
    login: async (...args) => (await import('./login.ts')).login(...args),
  },
}
export default bucket
