// The story that `npm run demo -- flick` tells with this system.
import { edit } from './edit.mjs'

const host = 'api.flick.example'

export const story = {
  /** The load goes to the two servers; the first URL is the landing page's. */
  host,
  reads: ['/api/v1/posts', '/readyz', '/healthz', '/api/auth/ok'],
  sockets: '/socket.io/?EIO=4&transport=websocket',
  /** The load is one address, which the servers would slow down. */
  env: { RATE_LIMIT: '0' },
  /** Once, after the first release: three people and their posts. */
  tasks: ['server.seed'],
  health: { path: '/readyz', json: { success: true } },
  better: {
    title: 'a new version of the two servers: another answer',
    apply: (folder) => edit(folder, 'server/src/app.ts', "'Server is healthy'", "'Server is well'"),
    shows: { host, path: '/healthz', text: 'Server is well' },
  },
  broken: {
    title: 'a broken version: moderation is open to everybody',
    apply: (folder) => edit(folder, 'server/src/app.ts', "  moderation.use(requireUser(auth, 'admin'))\n", ''),
  },
}
