import { firingAfter } from '../../lib/cron-expression.ts'
import type { Timing } from './scheduled-job.ts'

/** When it fires after `lastMs`, both in milliseconds since the epoch: long past where firings were missed. Pure. */
export function dueAt(when: Timing, lastMs: number): number | undefined {
  return when.type === 'every' ? lastMs + when.seconds * 1000 : firingAfter(when.expression, when.timeZone, lastMs)
}
