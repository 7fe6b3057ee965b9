import type { BackupRecord, Holding } from '../model/backup.ts'
import type { DataLoss, Intent, Observed, RestoreWish, Scope } from '../model/plan.ts'
import { schemaChange } from '../plan/way-back.ts'
import type { Setting } from './world.ts'

type Rollback = Extract<Intent, { type: 'rollback' }>

/** Longest that the live data is looked at for a plan; beyond it the plan says less and never waits. */
const LOOK_MS = 120_000

/**
 * A rollback with what it would mean for the data: nothing is looked at where the schema is the same, or where the old code is known to run
 * on the new one.
 */
export async function rollbackIntent(
  setting: Setting,
  scope: Scope,
  wish: { to: string; data?: 'keep' | 'restore' | undefined },
  observed: Observed,
): Promise<Rollback & Scope> {
  const { to, data } = wish
  const change = schemaChange(to, observed)
  const intent: Rollback & Scope = { ...scope, type: 'rollback', to, ...(data && { data }) }
  if (!change || data === 'keep' || (change.compatible === 'expand' && data === undefined)) return intent
  const backup = change.backup === undefined ? undefined : setting.store.backups.get(scope, change.backup)
  if (!backup?.manifest || backup.state === 'failed' || backup.state === 'making') return intent
  // A database that does not answer is a reason to go back, and not one to stay: then the plan says that nobody could count.
  const loss = await lossOf(setting, scope, backup).catch((error: unknown): DataLoss => {
    const { id, at } = backup
    const unseen = error instanceof Error ? error.message : String(error)
    return { backup: id, at: new Date(at).toISOString(), seconds: (Date.now() - at) / 1000, items: [], unseen }
  })
  return { ...intent, loss, ...(data === 'restore' && { restore: restoreOf(setting, scope, backup) }) }
}

function restoreOf(setting: Setting, scope: Scope, backup: BackupRecord): RestoreWish {
  return {
    restore: setting.store.backups.nextRestore(scope),
    backup: backup.id,
    at: new Date(backup.at).toISOString(),
    resources: partsOf(backup).map((p) => p.resource),
  }
}

async function lossOf(setting: Setting, scope: Scope, backup: BackupRecord): Promise<DataLoss> {
  const parts = partsOf(backup)
  const ears = { signal: AbortSignal.timeout(LOOK_MS), say: setting.say }
  const live = await setting.keeper.inspect(
    scope,
    ears,
    parts.map((p) => p.resource),
  )
  const items = parts.flatMap((p) => differences(p.resource, p.holds, live[p.resource]))
  return { backup: backup.id, at: new Date(backup.at).toISOString(), seconds: (Date.now() - backup.at) / 1000, items }
}

function partsOf(backup: BackupRecord): { resource: string; holds: Holding }[] {
  return (backup.manifest?.parts ?? []).flatMap((p) => (p.resource ? [{ resource: p.resource, holds: p.holds }] : []))
}

/** Entries that are not what they were, the largest difference first. */
function differences(resource: string, then: Holding, now: Holding | undefined): DataLoss['items'] {
  const names = [...new Set([...Object.keys(then.items), ...Object.keys(now?.items ?? {})])].sort()
  const found = names.flatMap((item) => {
    const [before, after] = [then.items[item], now?.items[item]]
    if (before?.sha256 === after?.sha256 && before?.count === after?.count) return []
    return [{ resource, item, before: before?.count ?? 0, now: after?.count ?? 0 }]
  })
  return found.sort((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before))
}
