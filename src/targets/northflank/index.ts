import type { Target } from '../../model/target.ts'

export default {
  name: 'northflank',
  title: 'Northflank',
  proof: 'valid',
  markers: ['northflank.json', '*/northflank.json', 'deployment/**/northflank.json'],
  describes: 'app',
  options: {
    plan: '`free` is the Developer Sandbox: no volumes, and the smallest plans',
    region: 'where the project runs, such as europe-west',
    repository: 'the git repository that Northflank builds from; an argument of the template where it is left out',
    branch: 'its branch; main where it is left out',
  },
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
