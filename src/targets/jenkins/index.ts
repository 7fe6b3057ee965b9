import type { Target } from '../../model/target.ts'

export default {
  name: 'jenkins',
  title: 'Jenkins',
  proof: 'unproven',
  markers: [],
  describes: 'part',
  options: {
    branch: 'what lands on it is released (main)',
    root: 'folder of the manifest in the repository (.)',
    label: 'of the agent on the server (landfall)',
    with: 'landfall (default), or compose: the files of `landfall export compose`',
  },
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
