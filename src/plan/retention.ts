import type { Observed, ServingComponent, Stage } from '../model/plan.ts'

/** Last, since nothing depends on it: what only releases beyond the `keep` newest needed. Never what serves or served before. */
export function retention(observed: Observed, serving: Record<string, ServingComponent>, keep: number): Stage {
  const kept = new Set(observed.releases.slice(-keep).map((r) => r.release))
  if (observed.serves) kept.add(observed.serves)
  for (const s of [...Object.values(serving), ...Object.values(observed.serving)]) kept.add(s.release)
  const leaving = observed.releases.filter((r) => !kept.has(r.release))
  if (leaving.length === 0) return { name: 'prune', downtimeSeconds: 0, steps: [], undo: [] }
  const needed = new Set(Object.values(serving).map((s) => s.artifact))
  for (const r of observed.releases) {
    if (kept.has(r.release)) for (const s of Object.values(r.components)) needed.add(s.artifact)
  }
  const artifacts = new Set(leaving.flatMap((r) => Object.values(r.components).map((s) => s.artifact)))
  const unneeded = [...artifacts].filter((a) => a !== '' && !needed.has(a)).sort()
  const releases = leaving.map((r) => r.release)
  return { name: 'prune', downtimeSeconds: 0, steps: [{ type: 'prune', releases, artifacts: unneeded }], undo: [] }
}
