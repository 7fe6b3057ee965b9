// The story that `npm run demo` tells with this app. Each change is one that a team would commit.
import { countWritten } from '../../bench/rows.ts'
import { edit } from './edit.mjs'

export const story = {
  /** For the load: what is read; `begin` says what one request in ten writes. */
  reads: ['/', '/api/rules', '/api/templates', '/rules', '/api/health'],
  sockets: '/api/live',
  begin: ({ url }) => ({
    write: { path: '/api/rules', body: { summary: 'Written while releases went on.', sections: { decisions: 'By consent.' } } },
    rows: () => countWritten(url),
  }),
  /** The load is one address, which the app would slow down. */
  env: { RATE_LIMIT: '0' },
  /** Once, after the first release. */
  tasks: ['web.seed'],
  health: { path: '/api/health', json: { ok: true, database: 'connected' } },
  better: {
    title: 'a new version: another headline',
    apply(folder) {
      edit(folder, 'package.json', '"version": "1.0.0"', '"version": "1.1.0"')
      edit(folder, 'src/views/home.ts', 'Decide together, on purpose.', 'Decide together, in the open.')
    },
    shows: { path: '/', text: 'in the open' },
  },
  broken: {
    title: 'a broken version: a table’s name misspelt in a query',
    apply(folder) {
      edit(folder, 'package.json', '"version": "1.1.0"', '"version": "1.2.0"')
      edit(folder, 'src/templates.ts', 'from template_facets where', 'from template_facet where')
    },
  },
}
