import type { Target } from '../../model/target.ts'

export default {
  name: 'compose',
  title: 'Docker Compose',
  proof: 'runs',
  markers: ['compose.y{a,}ml', '{docker-,}compose{.*,}.{yaml,yml}', '*/{docker-,}compose.{yaml,yml}'],
  describes: 'app',
  options: {
    gateway: 'nginx (one service in front, from the routes) or none (ports are published)',
    'per-component':
      'one file for each component, and compose.yaml that includes them; folders: each in the folder of its source',
    'build-number': 'images are tagged v1.2.3.45: the version, and BUILD_NUMBER of the pipeline that builds them',
    compose: '1.29: what docker-compose 1.29.2 understands',
    dockerfile: 'for import: keep names the Dockerfile as the source, instead of the folder that a builder builds',
    file: 'for import: the file to read, with its overrides after it: compose.yaml+compose.prod.yaml',
  },
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
