import { chmodSync, realpathSync, statSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '../../lib/digest.ts'
import { failpoint } from '../../lib/failpoint.ts'
import type { Engine, EngineOptions } from '../../model/plug.ts'
import { awaitHealthy } from './await-healthy.ts'
import { awaitResource } from './await-resource.ts'
import { build } from './build.ts'
import { openCgroups } from './cgroups.ts'
import { check } from './check.ts'
import { retire } from './drain.ts'
import { endpointsOf } from './endpoints.ts'
import { runBeside } from './exec-beside.ts'
import { forgetEnvironment } from './forget-environment.ts'
import { lookAtLog } from './log-ring.ts'
import { listInstances, observe } from './observe.ts'
import { onceState, runOnce } from './once.ts'
import { makeFolder, paths } from './paths.ts'
import { addressPort } from './ports.ts'
import { prune } from './prune.ts'
import { readLogs } from './read-logs.ts'
import { recover } from './recover.ts'
import { giveRights, giveTree, makeOwnFolder, openRights } from './rights.ts'
import { start } from './start.ts'
import { stopLive } from './stop.ts'
import { beginTicking } from './supervise.ts'
import { type Bounds, livesOf, type World } from './world.ts'

const MIB = 1024 * 1024
const BOUNDS: Bounds = { ringBytes: 10 * MIB, floodBytes: 64 * MIB, componentBytes: 100 * MIB }

/** An engine over one home. There is one at a time: the daemon's lock sees to that. */
export function openEngine(options: EngineOptions, bounds = BOUNDS): Engine {
  makeFolder(options.home)
  const home = realpathSync(options.home)
  const world: World = {
    home,
    options,
    rights: openRights(home),
    cgroups: openCgroups(`landfall-${digestOf(home).slice(0, 8)}`),
    lives: new Map(),
    bounds,
    totalMiB: Math.floor(totalmem() / MIB),
    isClosed: false,
  }
  makeHouse(world)
  const endTicking = beginTicking(world)
  return {
    check: async () => check(world),
    observe: async (scope) => observe(world, scope),
    instances: async (scope) => listInstances(world, scope),
    endpoints: async (scope, component, release) => endpointsOf(world, scope, component, release),
    logs: (scope, query) => readLogs(home, scope, query),
    exec: async (scope, component, release, artifact, command, io) => {
      const values = command.map((text) => ({ type: 'text', text }) as const)
      return runBeside(world, scope, { component, release, artifact, command: values }, io)
    },
    steps: {
      build: (step, ctx) => build(world, step, ctx),
      volume: async (step, ctx) => {
        const path = paths.volume(home, ctx, step.name)
        const uid = world.rights.uid(ctx, step.runsAs)
        makeFolder(paths.volumes(home, ctx))
        makeOwnFolder(path, 0o750, undefined)
        failpoint('engine:volume:made')
        if (uid !== undefined && step.rights?.uid === undefined) giveTree(path, uid)
        if (step.rights) giveRights(path, step.rights, uid, ctx.say)
      },
      'run-once': (step, ctx) => runOnce(world, step, ctx),
      start: (step, ctx) => start(world, step, ctx),
      'await-healthy': (step, ctx) => awaitHealthy(world, step, ctx),
      'await-resource': (step, ctx) => awaitResource(world, step, ctx),
      retire: async (step, ctx) => retire(world, step, ctx),
      stop: async (step, ctx) => {
        const lives = livesOf(world, ctx, step.component).filter(({ record: r }) =>
          // What a cron component has running is all that there is of it, and may have begun with a release of before.
          r.type === 'once' ? r.component.type === 'cron' : r.release === step.release,
        )
        await Promise.all(lives.map((live) => stopLive(world, live)))
      },
      prune: (step, ctx) => prune(world, step, ctx),
    },
    recover: () => recover(world),
    address: async (scope, component) => ({
      host: '127.0.0.1',
      port: await addressPort(home, paths.memory(home, 'addresses.json'), scope, component),
    }),
    volumePath: (scope, volume) => paths.volume(home, scope, volume),
    drained: (ask) => {
      world.ask = ask
    },
    once: async (scope, release, component, name) => onceState(world, scope, release, component, name),
    onEndpoints: (tell) => {
      world.tellEndpoints = tell
    },
    forget: (scope) => forgetEnvironment(world, scope),
    close: async () => {
      world.isClosed = true
      endTicking()
      for (const live of world.lives.values()) {
        clearTimeout(live.restart)
        if (live.log) lookAtLog(live.log, world.bounds)
      }
      await Promise.allSettled([...world.lives.values()].map((l) => l.launching))
    },
  }
}

/** Folders that instances' users walk through, and two that they do not. */
function makeHouse(world: World): void {
  const { home, rights } = world
  for (const name of ['instances', 'artifacts', 'volumes', 'homes', 'scratch']) makeFolder(join(home, name))
  for (const name of ['logs', 'engine']) makeFolder(join(home, name), 0o700)
  const mode = statSync(home).mode & 0o777
  if (rights.isRoot && (mode & 0o011) !== 0o011) chmodSync(home, mode | 0o011)
}
