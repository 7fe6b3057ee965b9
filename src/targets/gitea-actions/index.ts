import type { Target } from '../../model/target.ts'

export default {
  name: 'gitea-actions',
  title: 'Gitea Actions',
  proof: 'valid',
  markers: [],
  describes: 'part',
  options: {
    branch: 'what lands on it is released (main)',
    root: 'folder of the manifest in the repository (.)',
    runner: 'labels of the runner on the server, with + between',
  },
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
