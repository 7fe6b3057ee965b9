import type { Target } from '../../model/target.ts'

export default {
  name: 'dockerfile',
  title: 'Dockerfile',
  proof: 'runs',
  markers: ['Dockerfile', '*.Dockerfile', 'Dockerfile.*', '*/Dockerfile', '*/*/Dockerfile', '*/*.Dockerfile', '*/Dockerfile.*'],
  describes: 'part',
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
