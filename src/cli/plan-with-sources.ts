import type { CallInput } from '../daemon/client.ts'
import type { Finding } from '../model/finding.ts'
import type { EnvWant, PlanAnswer } from '../ops/contract.ts'
import type { Session } from './session.ts'

export interface Planned {
  made: PlanAnswer
  /** What the sources of variables gave, for `apply`. Absent: the app has none. */
  given?: { name: string; value: string }[]
}

/** The plan, once the sources of variables were asked. An app without any is planned in one call. */
export async function planWithSources(session: Session, input: CallInput<'plan'>): Promise<Planned> {
  const first = await session.call('plan', input)
  if (!first.wants) return { made: first }
  const { given, findings } = await asked(input.folder, first.wants)
  const { plan, ...made } = await session.call('plan', { ...input, given })
  const hasErrors = findings.some((f) => f.level === 'error')
  return { given, made: { ...made, ...(plan && !hasErrors && { plan }), findings: together(findings, made.findings) } }
}

export async function asked(folder: string, wants: EnvWant[]) {
  const { askSources } = await import('./ask-sources.ts')
  return askSources(folder, wants)
}

/** A source that failed says why its variable has no value; once is enough. */
export function together(failed: Finding[], others: Finding[]): Finding[] {
  const told = failed.filter((f) => f.level === 'error').map((f) => f.message.split(':')[0])
  const isTold = (f: Finding) => f.code === 'E_ENV_MISSING' && told.includes(f.message.split(' ')[0])
  return [...failed, ...others.filter((f) => !isTold(f))]
}
