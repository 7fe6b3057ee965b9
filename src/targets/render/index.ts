import type { Target } from '../../model/target.ts'

export default {
  name: 'render',
  title: 'Render',
  proof: 'valid',
  markers: ['render.y*ml'],
  describes: 'app',
  options: {
    plan: '`free`, or the smallest plan of each service; it is chosen by `scale` where it is left out',
    region: 'oregon, ohio, virginia, frankfurt or singapore',
    script: '`yes` writes render-deploy.sh too: it deploys by the API, and waits until the new one is live',
  },
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
