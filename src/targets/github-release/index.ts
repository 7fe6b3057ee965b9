import type { Target } from '../../model/target.ts'

export default {
  name: 'github-release',
  title: 'GitHub Release',
  proof: 'valid',
  markers: [],
  describes: 'part',
  options: {
    root: 'folder of the manifest in the repository (.)',
    draft: 'true: a person publishes it (false)',
  },
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
