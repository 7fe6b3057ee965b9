import { failpoint } from '../../lib/failpoint.ts'
import { differences } from '../compare.ts'
import type { Aim } from '../job.ts'
import { readPart } from '../parts.ts'
import type { Bench } from './do-job.ts'

/** New places beside the live ones, filled and compared. Nothing serves from them yet. */
export async function restore(bench: Bench, place: string, aims: Aim[]): Promise<string[]> {
  const said: string[] = []
  for (const { target, part } of aims) {
    if (!part) continue
    const { name } = target.resource
    const code = await bench.code(target)
    const context = await bench.context(name)
    context.say(`${name}: restoring`)
    failpoint('backup:restore:before')
    const from = performance.now()
    await code.restore(target, place, readPart(bench.place, `${bench.folder}/${part.file}`, part, bench.identities), context)
    failpoint('backup:restore:filled')
    const filled = performance.now()
    context.say(`${name}: filled in ${Math.round(filled - from)} ms`)
    const found = await code.inspect(target, place, context)
    context.say(`${name}: compared in ${Math.round(performance.now() - filled)} ms`)
    said.push(...differences(part.holds, found).map((d) => `${name}: ${d}`))
  }
  return said
}
