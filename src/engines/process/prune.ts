import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { removeArtifact } from '../../lib/build/artifact.ts'
import { failpoint } from '../../lib/failpoint.ts'
import type { Scope, Step } from '../../model/plan.ts'
import { paths } from './paths.ts'
import { forget } from './stop.ts'
import { livesOf, type World } from './world.ts'

/** Takes away what retention no longer keeps. What an instance of any environment runs, or may be restarted from, stays. */
export async function prune(world: World, step: Extract<Step, { type: 'prune' }>, scope: Scope): Promise<void> {
  for (const release of step.releases) {
    for (const live of livesOf(world, scope, undefined, release)) {
      if (live.record.type === 'once' && !live.isAlive) forget(world, live)
    }
    if (livesOf(world, scope, undefined, release).length > 0) continue
    const logs = paths.logs(world.home, scope)
    for (const component of foldersIn(logs)) rmSync(join(logs, component, release), { recursive: true, force: true })
  }
  failpoint('engine:prune:before-artifacts')
  const used = new Set([...world.lives.values()].map((l) => l.record.artifact))
  for (const artifact of step.artifacts) {
    if (used.has(artifact)) continue
    await removeArtifact(world.home, artifact)
    failpoint('engine:prune:after-artifact')
  }
}

/** Once a component has written more than its share, logs go: of releases that run no more and of builds, the oldest first. */
export function boundLogs(world: World, scope: Scope, component: string): void {
  const folder = join(paths.logs(world.home, scope), component)
  const entries = foldersIn(folder).map((name) => ({ name, ...measure(join(folder, name)) }))
  let bytes = entries.reduce((sum, r) => sum + r.bytes, 0)
  for (const { name, ...r } of entries.sort((a, b) => a.writtenAt - b.writtenAt)) {
    if (bytes <= world.bounds.componentBytes) return
    if (livesOf(world, scope, component, name).length > 0) continue
    rmSync(join(folder, name), { recursive: true, force: true })
    bytes -= r.bytes
  }
}

function measure(path: string): { bytes: number; writtenAt: number } {
  const stat = statSync(path)
  if (!stat.isDirectory()) return { bytes: stat.size, writtenAt: stat.mtimeMs }
  const stats = foldersIn(path).map((name) => statSync(join(path, name)))
  return { bytes: stats.reduce((sum, s) => sum + s.size, 0), writtenAt: Math.max(0, ...stats.map((s) => s.mtimeMs)) }
}

function foldersIn(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : []
}
