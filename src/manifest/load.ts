import { show } from '../lib/show.ts'
import type { App, Component } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import { checkCycles } from './check-cycles.ts'
import { checkMatches } from './check-variable.ts'
import { fromData } from './from-data.ts'
import { makeContract } from './make-contract.ts'
import type { ManifestFile } from './manifest-file.ts'
import { announceNotYet } from './not-yet.ts'
import { type Places, splitPath } from './places.ts'
import { readVersion } from './read-version.ts'
import { collectRemarks, type Remarks } from './remarks.ts'
import { resolveBackup } from './resolve-backup.ts'
import { resolveChecks } from './resolve-checks.ts'
import { behind, resolveComponent, valuesOf } from './resolve-component.ts'
import { type Contract, resolveEnv } from './resolve-env.ts'
import { checkEnvironments, specialOf } from './resolve-environment.ts'
import { resolveGroups } from './resolve-groups.ts'
import { checkWriters } from './resolve-mounts.ts'
import { resolveNames } from './resolve-names.ts'
import { resolveResources } from './resolve-resources.ts'
import { resolveRoutes } from './resolve-routes.ts'
import { resolveTroubles } from './resolve-troubles.ts'
import type { Manifest } from './schema.ts'
import { checkShape, type Shape } from './shape.ts'
import { toSeconds } from './units.ts'
import type { World } from './world.ts'
import { parseYaml } from './yaml.ts'

export interface LoadInput {
  files: ManifestFile
  environment: string
  /** Absolute; sources are paths from it. */
  folder: string
  /** Fields that a resource of a type gives; undefined where there is no such type. */
  outputs: (resourceType: string) => readonly string[] | undefined
  /** Names of the builders; without them any name is taken. */
  builders?: readonly string[]
  /** For what no engine of ours carries out, such as an export: images and Dockerfiles are sources like any other. */
  anyEngine?: boolean
}
export interface Loaded {
  /** Absent where there is an error among the findings. */
  app?: App
  findings: Finding[]
  /** The file as it is written, once its shape is right. */
  manifest?: Manifest
  /** `resources.db.version` → `landfall.yaml:12:9`, for findings of those who know only the manifest path. */
  locate(path: string): string
}

/** A manifest as an App of one environment, or everything that is wrong with it at once. Never throws; touches nothing. */
export function loadManifest(input: LoadInput): Loaded {
  const { name, content } = input.files
  const { data, places, findings } = content.type === 'yaml' ? parseYaml(name, content.text) : fromData(name, content.data)
  const locate = (path: string) => places.at(splitPath(path))
  if (findings.some((f) => f.level === 'error')) return { findings, locate }
  const remarks = collectRemarks(places)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    remarks.error(
      'E_TYPE',
      [],
      `the manifest is ${data === undefined || data === null ? 'empty' : show(data)}; it must be a mapping`,
      'landfall init',
    )
    return { findings: remarks.list(), locate }
  }
  const shape = checkShape(data, remarks)
  if (!shape) return { findings: remarks.list(), locate }
  const { manifest } = shape
  const app = resolve(input, shape, data, places, remarks)
  const isRight = !remarks.hasErrors()
  return { ...(isRight && app && { app }), findings: remarks.list(), ...(isRight && { manifest }), locate }
}

function resolve(input: LoadInput, { manifest, isCut }: Shape, data: unknown, places: Places, remarks: Remarks): App | undefined {
  const { environment } = input
  const world: World = {
    manifest,
    environment,
    special: specialOf(manifest, environment, remarks, input.anyEngine),
    folder: input.folder,
    ...(input.files.beside && { beside: input.files.beside }),
    remarks,
    outputs: input.outputs,
    ...(input.builders && { builders: input.builders }),
    ...(input.anyEngine && { anyEngine: true }),
    components: new Map(),
    resources: new Map(),
    absent: new Map(),
    places,
    isCut,
    routes: [],
    matches: [],
  }
  if (manifest.engine !== undefined && manifest.engine !== 'process' && !input.anyEngine) {
    const hint = 'this version of Landfall has one engine: process'
    remarks.error('E_ENGINE', ['engine'], `${show(manifest.engine)} is not an engine that is here`, hint)
  }
  announceNotYet(manifest, remarks)
  resolveNames(world, data, places)
  const version = readVersion(world)
  if (version !== undefined) world.version = version
  world.routes = resolveRoutes(world)
  const contract = resolveEnv(world)
  checkMatches(world)
  const components = [...world.components].map(([name, component]) => resolveComponent(world, name, component, contract))
  const addressed = addressedBy(components, contract)
  checkEnvironments(world)
  checkWriters(world, components)
  checkCycles(world, components)
  const checks = resolveChecks(world)
  const troubles = resolveTroubles(world)
  const backup = resolveBackup(world)
  const groups = resolveGroups(world)
  const entries = makeContract(world, contract, components, groups)
  return {
    name: manifest.app,
    environment: environmentOf(world),
    ...(version !== undefined && { version }),
    components: components.map((c) => (addressed.has(c.name) ? { ...c, address: 'edge' } : c)),
    resources: resolveResources(world),
    routes: world.routes,
    checks,
    troubles,
    contract: entries,
    ...(groups.length > 0 && { groups }),
    keep: { releases: manifest.keep?.releases ?? 5 },
    ...(backup && { backup }),
  }
}

/** How often scheduled checks are asked where the manifest only says that they are. */
const UPTIME_SECONDS = 60

function environmentOf({ environment, special }: World): App['environment'] {
  const { protect = false, uptime = protect } = special
  const uptimeSeconds = typeof uptime === 'string' ? toSeconds(uptime) : uptime ? UPTIME_SECONDS : undefined
  return { name: environment, isProtected: protect, ...(uptimeSeconds !== undefined && { uptimeSeconds }) }
}

/** Components that others reach from inside, for which the edge keeps an address. */
function addressedBy(components: Component[], contract: Contract): Set<string> {
  const values = components.flatMap((c) => behind(contract, c.name, valuesOf(c)))
  return new Set(values.flatMap((v) => (v.type === 'address' ? [v.component] : [])))
}
