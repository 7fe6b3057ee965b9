import type { Target } from '../../model/target.ts'

export default {
  name: 'kamal',
  title: 'Kamal',
  proof: 'unproven',
  markers: ['config/deploy{.*,}.y{a,}ml'],
  describes: 'app',
  read: async (context) => (await import('./read.ts')).read(context),
} satisfies Target
