import type { Target } from '../../model/target.ts'

export default {
  name: 'coolify',
  title: 'Coolify',
  proof: 'valid',
  markers: [
    'coolify.json',
    'docker-compose.coolify.y*ml',
    'nixpacks.toml',
    'nixpacks.json',
    'railpack.json',
    '*/nixpacks.toml',
    '*/nixpacks.json',
    '*/railpack.json',
  ],
  describes: 'app',
  options: {
    form: '`api` (the default): calls of its API, one application for each component. `compose`: one stack with its magic variables',
    build: '`dockerfile` (the default): images with an entrypoint that releases. `nixpacks`: nixpacks.toml beside each source',
    repository: 'the git repository that Coolify takes the sources from',
    branch: 'its branch; main where it is left out',
  },
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
