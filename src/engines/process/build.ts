import { listArtifacts } from '../../lib/build/artifact.ts'
import { LandfallError } from '../../lib/error.ts'
import type { Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import type { World } from './world.ts'

export async function build(world: World, step: Extract<Step, { type: 'build' }>, _ctx: StepContext): Promise<void> {
  if (listArtifacts(world.home).includes(step.artifact)) return
  throw new LandfallError({ code: 'E_BUILD', message: `${step.artifact} was not built` })
}
