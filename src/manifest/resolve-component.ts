import { stepsOf, valuesOfStep } from '../lib/steps-of.ts'
import type { Component, Mount } from '../model/app.ts'
import type { Value } from '../model/value.ts'
import type { Path } from './places.ts'
import { partsOf } from './references.ts'
import { resolveArchives } from './resolve-archives.ts'
import { resolveCommand, resolveCommands } from './resolve-command.ts'
import { fileOf } from './resolve-delivery.ts'
import type { Contract } from './resolve-env.ts'
import { resolveHealth } from './resolve-health.ts'
import { resolveMounts } from './resolve-mounts.ts'
import { reportUnknown } from './resolve-names.ts'
import { type Lifecycle, resolveLifecycle } from './resolve-release.ts'
import { resolveLimits, resolveScale } from './resolve-scale.ts'
import { resolveSchedule } from './resolve-schedule.ts'
import { resolveServe } from './resolve-serve.ts'
import { resolveBuild, resolveSource } from './resolve-source.ts'
import type { ManifestComponent } from './schema.ts'
import { toSeconds } from './units.ts'
import type { World } from './world.ts'

export function resolveComponent(world: World, name: string, component: ManifestComponent, contract: Contract): Component {
  const at: Path = ['components', name]
  const find = contract.seenFrom(name)
  const isStatic = component.type === 'static'
  const isPublished = isStatic || component.type === 'artifact'
  if (isPublished) refuseForPublished(world, at, component)
  const command = component.run === undefined ? undefined : resolveCommand(world, [...at, 'run'], component.run, 'argument', find)
  const test = component.test === undefined ? undefined : resolveCommand(world, [...at, 'test'], component.test, 'once', find)
  const backup = component.backup && {
    before: resolveCommands(world, [...at, 'backup', 'before'], component.backup.before, find),
    after: component.backup.after ? resolveCommands(world, [...at, 'backup', 'after'], component.backup.after, find) : [],
  }
  const lifecycle = resolveLifecycle(world, name, component, find)
  const schedule = resolveSchedule(world, name, component)
  const tasks = resolveTasks(world, at, component, contract)
  const mounts = isPublished ? [] : resolveMounts(world, name, component, namedVolumes(world, component, contract))
  const env = runEnv(name, component, contract, mounts)
  const named = behind(contract, name, valuesOf({ env, ...(command && { command }), ...lifecycle, tasks }))
  const resources = named.flatMap((v) => (v.type === 'output' ? [v.resource] : []))
  const scale = resolveScale(world, name, component, mounts)
  const health = resolveHealth(world, name, component)
  const serve = resolveServe(world, name, component)
  const archives = resolveArchives(world, name, component)
  return {
    name,
    type: component.type as Component['type'], // The world's components are of these types only.
    source: resolveSource(world, name, component),
    build: resolveBuild(world, name, component, contract),
    ...(command && { command }),
    env,
    ...envFilesOf(name, env, contract),
    ...(component.port !== undefined && { port: component.port }),
    ...(health && { health }),
    needs: resolveNeeds(world, name, component, [...resources, ...mounts.map((m) => m.volume)]),
    instances: scale.instances,
    ...(scale.isSticky && { isSticky: true }),
    ...(scale.max && { max: scale.max }),
    limits: resolveLimits(scale),
    ...lifecycle,
    ...(schedule && { schedule }),
    ...(component.compatible && { compatible: component.compatible }),
    mounts,
    stop: {
      drainSeconds: toSeconds(component.stop?.drain ?? '30s'),
      signal: component.stop?.signal ?? 'SIGTERM',
      graceSeconds: toSeconds(component.stop?.grace ?? '10s'),
    },
    rollout: scale.rollout,
    runsAs: 'app',
    ...(test && { test }),
    ...(backup && { backup }),
    tasks,
    ...(serve && { serve }),
    ...(archives && { archives }),
  }
}

/** Run-time variables that reach a component: its own, and those of the top that it does not have itself. */
function runEnv(name: string, component: ManifestComponent, contract: Contract, mounts: Mount[]): Record<string, Value> {
  const env: Record<string, Value> = {}
  if (component.type === 'static' || component.type === 'artifact') return env
  for (const variable of contract.variables) {
    if (variable.when === 'build' || variable.isKeptOut || contract.find(name, variable.name) !== variable) continue
    const volumes = behind(contract, name, variable.value ? [variable.value] : []).filter((v) => v.type === 'volume')
    if (variable.component === undefined && !volumes.every((v) => mounts.some((m) => m.volume === v.volume))) continue
    env[variable.name] = { type: 'stored', name: variable.name, secret: variable.isSecret }
  }
  return env
}

/** Those that arrive as a file, with the name that it has. */
function envFilesOf(component: string, env: Record<string, Value>, contract: Contract): Pick<Component, 'envFiles'> {
  const files = Object.keys(env).flatMap((name) => {
    const file = fileOf(contract.find(component, name))
    return file === undefined ? [] : [[name, file] as const]
  })
  return files.length === 0 ? {} : { envFiles: Object.fromEntries(files) }
}

/** Every value of a component, but for its build's. */
export function valuesOf(component: Pick<Component, 'env' | 'command' | 'tasks' | keyof Lifecycle>): Value[] {
  return [
    ...Object.values(component.env),
    ...(component.command ?? []),
    ...stepsOf(component).flatMap(valuesOfStep),
    ...Object.values(component.tasks).flat(2),
  ]
}

/** Everything behind these values, through the variables that they name. */
export function behind(contract: Contract, component: string | undefined, values: Value[]): Value[] {
  const seen = new Set<string>()
  const found: Value[] = []
  const visit = (value: Value, from: string | undefined) => {
    for (const part of partsOf(value)) {
      found.push(part)
      if (part.type !== 'stored' || seen.has(part.name)) continue
      seen.add(part.name)
      const variable = contract.find(from, part.name)
      if (variable?.value) visit(variable.value, variable.component)
    }
  }
  for (const value of values) visit(value, component)
  return found
}

/**
 * Volumes that a component mounts without a folder of its own, because its values name them. A variable at the top that names
 * one reaches only who mounts it, unless there is nobody else.
 */
function namedVolumes(world: World, component: ManifestComponent, contract: Contract): string[] {
  const own = JSON.stringify([
    component.env,
    component.run,
    component.release,
    component.bootstrap,
    component.tasks,
    component.seed,
  ])
  const isAlone = [...world.components.values()].filter((c) => c.type !== 'static').length === 1
  const everywhere = isAlone ? behind(contract, undefined, topValues(contract)) : []
  return [...world.resources.keys()].filter((volume) => {
    if (world.resources.get(volume) !== 'volume') return false
    return (
      everywhere.some((v) => v.type === 'volume' && v.volume === volume) || new RegExp(`(?<![a-z0-9-])${volume}\\.path`).test(own)
    )
  })
}

function topValues(contract: Contract): Value[] {
  return contract.variables.flatMap((v) => (v.component === undefined && v.value ? [v.value] : []))
}

function resolveNeeds(world: World, name: string, component: ManifestComponent, found: string[]): string[] {
  const at: Path = ['components', name, 'needs']
  const needs = new Set<string>()
  component.needs?.forEach((need, i) => {
    if (world.resources.has(need) || (world.components.has(need) && need !== name)) needs.add(need)
    else if (need === name) world.remarks.error('E_CYCLE', [...at, i], `${name} → ${name}: it needs itself`, 'leave it out')
    // What this version does not provide was announced where it is declared.
    else if (world.manifest.resources?.[need] === undefined || !world.absent.has(need)) {
      const known = [...world.resources.keys(), ...world.components.keys()].filter((n) => n !== name)
      reportUnknown(world, [...at, i], need, known, 'resource or component')
    }
  })
  for (const resource of found.sort()) needs.add(resource)
  return [...needs]
}

function resolveTasks(world: World, at: Path, component: ManifestComponent, contract: Contract): Record<string, Value[][]> {
  const tasks: Record<string, Value[][]> = {}
  const find = contract.seenFrom(String(at[1]))
  for (const [task, commands] of Object.entries(component.tasks ?? {})) {
    tasks[task] = resolveCommands(world, [...at, 'tasks', task], commands, find)
  }
  if (component.seed !== undefined) {
    if (tasks.seed) world.remarks.key('E_DUPLICATE', [...at, 'seed'], 'tasks has a seed too', 'keep one')
    tasks.seed = resolveCommands(world, [...at, 'seed'], component.seed, find)
  }
  return tasks
}

function refuseForPublished(world: World, at: Path, component: ManifestComponent): void {
  for (const key of [
    'run',
    'port',
    'release',
    'bootstrap',
    'predeploy',
    'postdeploy',
    'mounts',
    'seed',
    'tasks',
    'scale',
    'stop',
    'rollout',
  ] as const) {
    if (component[key] === undefined) continue
    world.remarks.key(
      'E_NOT_HERE',
      [...at, key],
      component.type === 'static' ? 'a static component runs nothing: the edge serves its files' : 'an artifact runs nowhere',
      'leave it out, or make it `type: web`',
    )
  }
}
