import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LandfallError } from '../lib/error.ts'
import type { BackupPlace, SnapshotTarget } from '../model/backup.ts'
import type { Outcome, Scope } from '../model/plan.ts'
import type { Engine, ResourceType, ValueContext } from '../model/plug.ts'
import type { Value } from '../model/value.ts'
import type { Store } from '../store/store.ts'
import type { OpenPlace } from './job.ts'

export interface TargetParts {
  home: string
  store: Store
  engine(): Engine
  types: Record<string, ResourceType>
  /** Makes text of a value for a component of a release. */
  text(value: Value, of: ValueContext): Promise<string>
}

/** Resources of an environment that a backup can carry, with their logins and folders. `only` names some. */
export async function targetsOf(
  parts: TargetParts,
  scope: Scope,
  { outcome, release }: { outcome: Outcome; release: string | undefined },
  only?: readonly string[],
): Promise<SnapshotTarget[]> {
  const targets: SnapshotTarget[] = []
  for (const resource of outcome.operate?.resources ?? []) {
    if (only && !only.includes(resource.name)) continue
    const access = parts.types[resource.type]?.snapshot?.access(resource)
    if (!access) continue
    const serving = outcome.serving[resource.name]
    const of: ValueContext = { ...scope, component: resource.name, release: serving?.release ?? release ?? '' }
    const values: Record<string, string> = {}
    for (const [name, value] of Object.entries(access.values)) values[name] = await textOf(parts, value, of)
    // The very binaries that run: a scratch instance is made of them.
    const artifact = serving && join(parts.home, 'artifacts', serving.artifact, 'root')
    if (artifact && existsSync(artifact)) values.artifact = artifact
    targets.push({ resource, values })
  }
  return targets
}

async function textOf(parts: TargetParts, value: Value, of: ValueContext): Promise<string> {
  if (value.type === 'volume') return parts.engine().volumePath(of, value.volume)
  if (value.type === 'join') return (await Promise.all(value.parts.map((p) => textOf(parts, p, of)))).join('')
  return parts.text(value, of)
}

/** With the keys that it names, which stand in the environment's own store; E_MISSING where they do not. */
export function opened(store: Store, scope: Scope, place: BackupPlace): OpenPlace {
  if (place.type === 'folder') return { place }
  const keyOf = (name: string): string => {
    const key = store.stored.get(scope, name)
    if (key) return key
    throw new LandfallError({
      code: 'E_MISSING',
      at: 'backup.to',
      message: `${name} is not set, and backups go to a bucket that wants it`,
      hint: `landfall env set ${name}=…`,
    })
  }
  return { place, accessKey: keyOf(place.accessKey), secretKey: keyOf(place.secretKey) }
}

/** A name for what a restore makes: no other environment on the same server has it. */
export function placeName(scope: Scope, restore: string, digest: (text: string) => string): string {
  return `landfall_${restore.replace('-', '_')}_${digest(`${scope.app}/${scope.environment}`)
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 6)}`
}
