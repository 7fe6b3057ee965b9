import type { Target } from '../../model/target.ts'

export default {
  name: 'procfile',
  title: 'Procfile and app.json (Heroku, Dokku)',
  proof: 'unproven',
  markers: ['Procfile', 'app.json'],
  describes: 'part',
  read: async (context) => (await import('./read.ts')).read(context),
} satisfies Target
