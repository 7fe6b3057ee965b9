import type { Target } from '../../model/target.ts'

export default {
  name: 'github-pages',
  title: 'GitHub Pages',
  proof: 'valid',
  markers: [],
  describes: 'part',
  options: {
    branch: 'what lands on it is published (main)',
    root: 'folder of the manifest in the repository (.)',
    site: 'path of the site, as the apps were built for it: /repository/ (found out from their base paths)',
    start: 'component that the root leads to (the one with the shortest base path)',
  },
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
