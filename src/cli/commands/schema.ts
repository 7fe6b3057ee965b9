import type { Run } from '../command.ts'

export const run: Run = async (context) => {
  const { manifestJsonSchema } = await import('../../ops/schema.ts')
  context.out.say(JSON.stringify(manifestJsonSchema(), null, 2))
  return 0
}
