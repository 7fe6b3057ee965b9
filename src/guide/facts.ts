import type { Facts, GuideInput } from './guide-input.ts'
import { commandText, valueText } from './value-text.ts'

/** What the guide says, as one line each: the next guide tells what changed from these. Holds no secret, since an App holds none. */
export function factsOf({ app, environments, platforms, builds }: GuideInput): Record<string, string> {
  const facts: Record<string, string> = {}
  const put = (name: string, value: unknown) => {
    if (value !== undefined && value !== '') facts[name] = String(value)
  }
  for (const c of app.components) {
    const at = `component ${c.name}`
    put(`${at}: type`, c.type)
    put(`${at}: command`, c.command && commandText(c.command))
    put(`${at}: build`, builds[c.name])
    put(`${at}: port`, c.port)
    put(`${at}: instances`, c.instances)
    put(`${at}: memory`, c.limits.memoryMiB && `${c.limits.memoryMiB} MiB`)
    put(`${at}: health`, c.health && JSON.stringify(c.health))
    put(`${at}: rollout`, c.rollout)
    for (const s of c.releaseSteps) put(`${at}: release step ${s.name}`, commandText(s.run))
    for (const s of [...(c.predeploy ?? []), ...(c.bootstrap ?? []), ...(c.postdeploy ?? [])])
      put(`${at}: step ${s.name}`, commandText(s.run))
    put(`${at}: schedule`, c.schedule && stable(c.schedule))
    put(`${at}: archives`, c.archives && stable(c.archives))
    put(`${at}: compatible`, c.compatible)
    for (const [name, commands] of Object.entries(c.tasks)) put(`${at}: task ${name}`, commands.map(commandText).join('; '))
  }
  for (const r of app.resources) put(`resource ${r.name}`, `${r.type} ${stable(r.options)}`)
  for (const e of app.contract) {
    const words = [
      e.type ?? '',
      e.isSecret ? 'secret' : '',
      e.isRequired ? 'required' : '',
      e.when,
      e.pattern ?? '',
      e.default ? valueText(e.default) : '',
    ]
    put(`variable ${e.name}`, words.filter(Boolean).join(', '))
  }
  for (const g of app.groups ?? []) put(`group ${g.name}`, `${g.rule}: ${g.names.join(', ')}`)
  put('backup', app.backup && stable(app.backup))
  for (const t of app.troubles ?? []) put(`trouble ${t.symptom}`, stable(t))
  for (const r of app.routes) put(`route ${r.host}${r.path}`, r.to)
  for (const c of app.checks) put(`check ${c.name}`, stable(c))
  for (const e of environments)
    put(`environment ${e.name}`, [e.isProtected ? 'protected' : '', ...e.differs].filter(Boolean).join(', ') || 'as the others')
  for (const p of platforms) put(`platform ${p.name}`, `${p.lost.length} lost, ${p.changed.length} changed`)
  return Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The facts of now with the differences to those before; where nothing differs, the differences told last stay. */
export function compareFacts(now: Record<string, string>, before: Facts | undefined): Facts {
  const proofs = before?.proofs ?? {}
  if (!before) return { facts: now, changes: [], proofs }
  const names = [...new Set([...Object.keys(before.facts), ...Object.keys(now)])].sort()
  const changes = names
    .filter((n) => before.facts[n] !== now[n])
    .map((what) => ({
      what,
      ...(before.facts[what] !== undefined && { before: before.facts[what] }),
      ...(now[what] !== undefined && { after: now[what] }),
    }))
  return { facts: now, changes: changes.length > 0 ? changes : before.changes, proofs }
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  )
}
