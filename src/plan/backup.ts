import type { BackupReason } from '../model/backup.ts'
import type { Intent, Observed, PlanInput, PlanWarning, ServingComponent, Stage, Step } from '../model/plan.ts'
import type { Decision } from './decision.ts'
import { inLevels } from './order.ts'
import { awaitOf, HOLD_SECONDS, internalLines, startOf, stopOf } from './roll.ts'

interface BackupWish {
  why: BackupReason
  /** The release that it is made before. */
  before?: string
  unless: Extract<Step, { type: 'backup' }>['unless']
  /** Tells the commands of two backups apart. */
  nonce: string
}

/** Everything that serves and keeps data. */
export function planBackup({ observed }: PlanInput, intent: Extract<Intent, { type: 'backup' }>): Decision {
  const { stage, warnings } = backupStage(observed, { why: intent.why, unless: [], nonce: intent.nonce })
  if (intent.isVerified) stage.steps.push({ type: 'verify-backup' })
  if (!observed.serves) {
    const message = 'nothing serves here, so there is nothing to back up'
    return { stages: [], warnings, findings: [{ level: 'error', code: 'E_NOT_UP', at: 'backup', message, hint: 'landfall up' }] }
  }
  return { release: observed.serves, stages: [stage], warnings, findings: [] }
}

export function planVerify({ observed }: PlanInput, intent: Extract<Intent, { type: 'verify-backup' }>): Decision {
  const steps: Step[] = [{ type: 'verify-backup', backup: intent.backup }]
  return {
    ...(observed.serves && { release: observed.serves }),
    stages: [{ name: 'backup', downtimeSeconds: 0, steps, undo: [] }],
    warnings: [],
    findings: [],
  }
}

/**
 * What has a single writer goes first, while that one is stopped or between the steps that it names itself; then all else, while
 * everything goes on.
 */
export function backupStage(observed: Observed, wish: BackupWish): { stage: Stage; warnings: PlanWarning[] } {
  const snapshots = [...(observed.snapshots ?? [])].sort((a, b) => (a.resource < b.resource ? -1 : 1))
  const { why, before, unless } = wish
  const head = { type: 'backup', why, ...(before && { before }), unless } as const
  const steps: Step[] = []
  const undo: Step[] = []
  const warnings: PlanWarning[] = []
  const quiet = new Set<string>()
  let downtimeSeconds = 0
  for (const { resource, volumes } of snapshots) {
    const writers = writersOf(observed, volumes)
    if (writers.length === 0) continue
    quiet.add(resource)
    const asked = writers.filter((s) => !s.component.backup)
    const own = writers.filter((s) => s.component.backup)
    for (const s of own) steps.push(...commandsOf(s, 'before', wish.nonce))
    steps.push(...pause(asked, observed), { ...head, resources: [resource], isLast: false }, ...goOn(asked, observed))
    for (const s of own) steps.push(...commandsOf(s, 'after', wish.nonce))
    undo.push(...goOn(asked, observed))
    for (const s of own) undo.push(...commandsOf(s, 'after', `${wish.nonce}-undo`))
    for (const s of asked) {
      downtimeSeconds += 3
      const message = `${s.component.name} alone writes to ${resource} and stands still while that is copied: requests wait, at most ${HOLD_SECONDS} s`
      warnings.push({ type: 'downtime', code: 'W_QUIET', message })
    }
  }
  const live = snapshots.map((s) => s.resource).filter((r) => !quiet.has(r))
  steps.push({ ...head, resources: live, isLast: true })
  return { stage: { name: 'backup', downtimeSeconds, steps, undo }, warnings }
}

/** What runs and writes to one of these volumes alone. */
function writersOf(observed: Observed, volumes: string[]): ServingComponent[] {
  return Object.values(observed.serving)
    .filter((s) => !s.component.resource && s.component.mounts.some((m) => m.writers === 'one' && volumes.includes(m.volume)))
    .filter((s) => observed.running.some((r) => r.component === s.component.name && r.release === s.release))
    .sort((a, b) => (a.component.name < b.component.name ? -1 : 1))
}

/** Requests wait, then it stops: users of a thing before the thing. */
export function pause(components: ServingComponent[], observed: Observed): Step[] {
  const names = components.map((s) => s.component.name)
  const held = names.filter((n) => observed.routes.some((r) => r.component === n) || hasAddress(components, n))
  const order = inLevels(components.map((s) => s.component)).flat()
  const hold: Step[] = held.length > 0 ? [{ type: 'hold', components: held, seconds: HOLD_SECONDS }] : []
  return [...hold, ...order.reverse().map((c) => stopOf(observed.serving[c.name]!))]
}

/** The same ones again, and requests go on. */
export function goOn(components: ServingComponent[], observed: Observed): Step[] {
  if (components.length === 0) return []
  const order = inLevels(components.map((s) => s.component)).flat()
  const started = order.flatMap((c) => [startOf(observed.serving[c.name]!), awaitOf(observed.serving[c.name]!)])
  return [...started, { type: 'route', routes: observed.routes, internal: internalLines(observed.serving) }]
}

function commandsOf(s: ServingComponent, which: 'before' | 'after', nonce: string): Step[] {
  return (s.component.backup?.[which] ?? []).map((run, i) => {
    const name = `backup ${which}${i === 0 ? '' : ` ${i + 1}`}`
    return {
      type: 'run-once',
      component: s.component,
      release: s.release,
      artifact: s.artifact,
      name: `${name}@${nonce}`,
      command: { name, run, isRepeatable: true },
    }
  })
}

function hasAddress(components: ServingComponent[], name: string): boolean {
  return components.some((s) => s.component.name === name && s.component.address === 'edge')
}
