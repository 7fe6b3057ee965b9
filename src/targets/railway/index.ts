import type { Target } from '../../model/target.ts'

export default {
  name: 'railway',
  title: 'Railway',
  proof: 'unproven',
  markers: ['.railway/railway.ts', 'railway.json', 'railway.toml', '*/railway.json', '*/railway.toml'],
  describes: 'app',
  options: {
    repository: 'owner and name at GitHub, such as acme/shop',
    branch: 'its branch; main where it is left out',
  },
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
