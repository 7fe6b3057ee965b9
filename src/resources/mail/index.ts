import { installProgram, programVersion } from '../../lib/own-server/program.ts'
import type { ResourceType } from '../../model/plug.ts'
import { expand, OUTPUTS, output, PROGRAM } from './expand.ts'
import { checkOptions, readOptions } from './options.ts'

const mail: ResourceType = {
  type: 'mail',
  title: 'Mail',
  outputs: OUTPUTS,
  elsewhere: ['relay'],
  check: checkOptions,
  expand,
  output,
  data: (resource) => (readOptions(resource).relay ? undefined : { type: 'mailbox', version: '1' }),
  server: {
    resolve: (version) => version || programVersion(PROGRAM),
    install: async (source, into, { say }) => installProgram(PROGRAM, source.version, into, say),
    // Loaded late: offline commands never need it.
    login: async (...args) => (await import('./login.ts')).login(...args),
  },
}
export default mail
