import type { Target } from '../../model/target.ts'

export default {
  name: 'cloudron',
  title: 'Cloudron',
  proof: 'valid',
  markers: ['CloudronManifest.json'],
  describes: 'app',
  options: {
    component: 'which component becomes the app: Cloudron runs one container',
    id: 'the reverse domain that names the app, such as info.communityrule.app',
    image: 'where the image is pushed to, without a tag: git.example.org/team/app',
  },
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
