import type { Target } from '../../model/target.ts'

export default {
  name: 'env',
  title: 'files of variables',
  proof: 'valid',
  markers: [
    '{*,}.env.{example,sample,template,dist}',
    '{example,sample}.env',
    'env.{example,sample}',
    '{.,}env{.example,.sample,}.y{a,}ml',
  ],
  describes: 'part',
  options: {
    format: 'env for NAME=value, yaml for a mapping of names to texts',
    for: 'the target whose names and whose variables are written: `as`, `only` and `forbidden` of the manifest say which',
  },
  read: async (context) => (await import('./read.ts')).read(context),
  write: async (app, context) => (await import('./write.ts')).write(app, context),
} satisfies Target
