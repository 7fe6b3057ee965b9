import { existsSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { removeTree } from '../../lib/build/remove-tree.ts'
import { codeOf, LandfallError } from '../../lib/error.ts'
import type { Scope } from '../../model/plan.ts'
import { paths } from './paths.ts'
import { forget } from './stop.ts'
import { livesOf, type World } from './world.ts'

/** Folders of an environment go, each with the app's own once that is empty. What still runs is never pulled from under. */
export async function forgetEnvironment(world: World, scope: Scope): Promise<void> {
  const lives = livesOf(world, scope)
  const [alive] = lives.filter((l) => l.isAlive)
  if (alive) {
    const { component, release } = alive.record
    throw new LandfallError({
      code: 'E_IN_USE',
      message: `${component.name} ${release} of ${scope.app}/${scope.environment} still runs: nothing was removed`,
      hint: `landfall down --env ${scope.environment}`,
    })
  }
  for (const live of lives) forget(world, live)
  const folders = [
    paths.volumes(world.home, scope),
    paths.logs(world.home, scope),
    // `personal` is one level below, by who runs there.
    dirname(paths.personal(world.home, scope, 'app')),
  ]
  for (const folder of folders) {
    await removeTree(folder)
    removeIfEmpty(dirname(folder))
  }
}

function removeIfEmpty(folder: string): void {
  if (!existsSync(folder)) return
  try {
    rmdirSync(folder)
  } catch (error) {
    // Another environment of the app has something there.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
  }
}
