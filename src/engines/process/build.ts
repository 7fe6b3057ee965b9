import { buildArtifact } from '../../lib/build/build-artifact.ts'
import type { Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import type { World } from './world.ts'

/** The artifact, made with the rights of the environment's apps. */
export async function build(world: World, step: Extract<Step, { type: 'build' }>, ctx: StepContext): Promise<void> {
  const uid = world.rights.uid(ctx, 'app')
  await buildArtifact({
    home: world.home,
    component: step.component,
    artifact: step.artifact,
    builders: world.options.builders,
    servers: world.options.servers,
    value: world.options.value,
    ...(uid !== undefined && { identity: { uid, gid: uid } }),
    signal: ctx.signal,
    say: ctx.say,
    runOf: { app: ctx.app, environment: ctx.environment },
  })
}
