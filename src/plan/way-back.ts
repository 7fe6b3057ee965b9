import type { Finding } from '../model/finding.ts'
import type { DataLoss, Intent, Observed, PlanWarning, ReleaseRecord, RestoreWish } from '../model/plan.ts'
import { migratesOf } from './migrates.ts'

type Rollback = Extract<Intent, { type: 'rollback' }>

/** What happened to the schema between a release and what serves now. */
export interface SchemaChange {
  /** Releases that changed it, oldest first. */
  releases: string[]
  /** What their components said of older code: the worst of it. `unsaid`: nobody said. */
  compatible: 'expand' | 'breaking' | 'unsaid'
  /** Taken just before the first of them: the data as the release knew it. */
  backup?: string
}

/** Undefined where the schema is the one that the release left behind. */
export function schemaChange(target: string, observed: Observed): SchemaChange | undefined {
  const from = observed.releases.findIndex((r) => r.release === target)
  const until = observed.serves === undefined ? Number.POSITIVE_INFINITY : Number(observed.serves.slice(1))
  const since = observed.releases.slice(from + 1).filter((r) => !r.isDataBack && Number(r.release.slice(1)) <= until)
  const changed = since.flatMap((r) => {
    const said = migratedBy(r, observed)
    return said.length > 0 ? [{ release: r.release, said, backup: r.backup }] : []
  })
  const [first] = changed
  if (!first) return undefined
  const said = changed.flatMap((c) => c.said)
  const compatible = said.includes('breaking') ? 'breaking' : said.includes('unsaid') ? 'unsaid' : 'expand'
  return { releases: changed.map((c) => c.release), compatible, ...(first.backup !== undefined && { backup: first.backup }) }
}

/** What each component that migrated with this release said of older code. */
function migratedBy(record: ReleaseRecord, observed: Observed): SchemaChange['compatible'][] {
  const migrating = Object.values(record.components).filter((s) => s.release === record.release && migratesOf(s.component))
  // A backup is taken unless every check said that there is nothing to do: where one would have been taken and was not, nothing changed.
  const wouldBack = record.operate?.backup?.beforeMigrations !== false && (observed.snapshots ?? []).length > 0
  if (wouldBack && record.backup === undefined && record.operate !== undefined) return []
  return migrating.map((s) => s.component.compatible ?? 'unsaid')
}

/** Whether the way back is clear, and what a person must know of it. With an error it is not gone. */
export function wayBack(intent: Rollback, observed: Observed): { findings: Finding[]; warnings: PlanWarning[] } {
  const { to, data, loss } = intent
  const change = schemaChange(to, observed)
  if (data === 'restore') {
    if (!intent.restore) return { findings: [noBackup(to, change)], warnings: [] }
    return { findings: loss ? [lossFinding(to, loss)] : [], warnings: [restoreWarning(intent.restore)] }
  }
  if (!change) return { findings: [], warnings: [] }
  const which = change.releases.join(', ')
  if (change.compatible === 'expand' || data === 'keep') {
    const said =
      change.compatible === 'expand'
        ? 'it only grew (compatible: expand)'
        : change.compatible === 'breaking'
          ? 'older code does not run on it (compatible: breaking)'
          : 'nobody said whether older code runs on it'
    const message = `the schema stays as ${which} left it: ${said}`
    const type = change.compatible === 'expand' ? 'note' : 'destructive'
    return { findings: [], warnings: [{ type, code: 'W_SCHEMA_STAYS', message }] }
  }
  return { findings: [undecided(to, change, loss)], warnings: [] }
}

/** Nothing is done before a person has chosen: both ways, and what each costs. */
function undecided(to: string, change: SchemaChange, loss: DataLoss | undefined): Finding {
  const which = change.releases.join(', ')
  const because =
    change.compatible === 'breaking'
      ? `${which} changed the schema, and says that code of before does not run on it`
      : `${which} changed the schema, and nobody said whether code of before runs on it`
  const back = loss
    ? `--code-and-data restores ${loss.backup}: ${lossText(loss)}`
    : change.backup
      ? `--code-and-data restores ${change.backup}`
      : 'no backup was taken before, so the data cannot go back'
  return {
    level: 'error',
    code: change.compatible === 'breaking' ? 'E_SCHEMA_BREAKING' : 'E_SCHEMA_UNSAID',
    at: to,
    message: because,
    hint: `landfall rollback ${to} --code keeps the data and takes that risk; ${back}. For the next time: compatible: expand|breaking`,
  }
}

function noBackup(to: string, change: SchemaChange | undefined): Finding {
  return change
    ? {
        level: 'error',
        code: 'E_UNKNOWN_BACKUP',
        at: to,
        message: `no backup was taken before ${change.releases[0]} changed the schema, so the data of ${to} is not there`,
        hint: `landfall backup list, then landfall backup restore <id>; or landfall rollback ${to} --code`,
      }
    : {
        level: 'error',
        code: 'E_NOT_NEEDED',
        at: to,
        message: `nothing changed the schema since ${to}, so its code runs on the data as it is`,
        hint: `landfall rollback ${to}`,
      }
}

/** A remark beside the plan and not part of it: it is another one with every row that is written. */
function lossFinding(to: string, loss: DataLoss): Finding {
  return { level: 'warning', code: 'W_DATA_BACK', at: to, message: `data goes back to ${loss.backup}: ${lossText(loss)}` }
}

function restoreWarning({ backup, at, restore, resources }: RestoreWish): PlanWarning {
  const message = `${resources.join(', ')} becomes what it was at ${at} (${backup}); what was written since is set aside until \`landfall backup confirm ${restore}\``
  return { type: 'destructive', code: 'W_RESTORE', message }
}

/** `12 minutes of writes are set aside: 3 rows more in db public.orders, 1 row fewer in …`. */
export function lossText({ at, seconds, items, unseen }: DataLoss): string {
  const span = `${spanText(seconds)} of writes, since ${at}, are set aside`
  if (unseen !== undefined) return `${span}; how much that is could not be counted: ${unseen}`
  const some = items.slice(0, 5).map(({ resource, item, before, now }) => {
    const by = now - before
    if (by === 0) return `${resource} ${item} (changed)`
    return `${resource} ${item} (${Math.abs(by)} ${Math.abs(by) === 1 ? 'row' : 'rows'} ${by > 0 ? 'more' : 'fewer'})`
  })
  const more = items.length > some.length ? `, and ${items.length - some.length} more` : ''
  const what = items.length === 0 ? 'nothing differs now' : `different since: ${some.join(', ')}${more}`
  return `${span}; ${what}`
}

function spanText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} hours`
  return `${Math.round(seconds / 86_400)} days`
}
