import { buildArtifact } from '../../lib/build/build-artifact.ts'
import { LandfallError } from '../../lib/error.ts'
import type { Component } from '../../model/app.ts'
import type { Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import { cageOf } from './cage.ts'
import type { World } from './world.ts'

/** Commands of a build have a user of their own: they come from outside, and must not reach what the environment's apps have. */
export async function build(world: World, step: Extract<Step, { type: 'build' }>, ctx: StepContext): Promise<void> {
  const { home, options } = world
  const { app, environment, signal, say } = ctx
  const { component, artifact } = step
  checkLimit(world, component)
  const uid = world.rights.uid(ctx, 'build')
  const wrap = cageOf(world)
  await buildArtifact({
    home,
    component,
    artifact,
    builders: options.builders,
    servers: options.servers,
    value: options.value,
    ...(uid !== undefined && { identity: { uid, gid: uid } }),
    ...(wrap && { wrap }),
    signal,
    say,
    runOf: { app, environment },
  })
}

function checkLimit(world: World, component: Component): void {
  const wanted = component.build.limits.memoryMiB
  if (wanted === undefined || wanted <= world.totalMiB) return
  throw new LandfallError({
    code: 'E_LIMIT',
    at: `components.${component.name}.build`,
    message: `the build of ${component.name} wants ${wanted} MiB, and this machine has ${world.totalMiB} MiB`,
  })
}
