import { codeOf, LandfallError, shapeOf } from '../../lib/error.ts'
import type { OpAnswers } from '../../ops/contract.ts'
import type { Fix } from '../../ops/fixes.ts'
import type { Run } from '../command.ts'
import { answer, type Context } from '../context.ts'
import { renderDoctor } from '../render/doctor.ts'
import { openSession, type Session } from '../session.ts'
import { hasManifest, placeOf } from '../where.ts'

type Found = OpAnswers['doctor'] & { fixes: Fix[]; troubles?: OpAnswers['troubles'] }

export const run: Run = async (context, words, flags) => {
  let found = await examine(context, words)
  if (flags.fix && found.fixes.length > 0) {
    const { carryOutFixes } = await import('../carry-out-fixes.ts')
    await carryOutFixes(context, found.fixes)
    found = await examine(context, words)
  }
  answer(context, found, () => renderDoctor(found, context.folder, context.out.look))
  return found.findings.some((f) => f.level === 'error') ? 1 : 0
}

/** What can be looked at without a daemon comes first: it may be what keeps one from starting. */
async function examine(context: Context, words: string[]): Promise<Found> {
  const { home, folder, environment, isFolderGiven } = context
  const { machineFindings } = await import('../../ops/machine.ts')
  const { fixesOf, thisMachine } = await import('../../ops/fixes.ts')
  const own = machineFindings(home, Date.now())
  const hasApp = isFolderGiven || hasManifest(folder)
  const asked = await askDaemon(context, hasApp ? { folder, environment } : {})
  const findings = [...own, ...asked.findings]
  const troubles = hasApp && asked.session ? await lookIntoTroubles(context, asked.session, words) : undefined
  if (words.length > 0 && !troubles && asked.session) {
    throw new LandfallError({
      code: 'E_NO_MANIFEST',
      message: 'whose symptom? There is no manifest here',
      hint: 'landfall doctor -C <folder> …',
    })
  }
  return { findings, facts: asked.facts, fixes: fixesOf(findings, home, thisMachine), ...(troubles && { troubles }) }
}

async function askDaemon(
  context: Context,
  input: { folder?: string; environment?: string },
): Promise<OpAnswers['doctor'] & { session?: Session }> {
  try {
    const session = await openSession(context)
    return { ...(await session.call('doctor', input)), session }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    const { message, detail = '', hint } = shapeOf(error)
    // The daemon's own words stand in its log: what it could not start for.
    const code = /\b(E_[A-Z_]+)\b/.exec(detail)?.[1] ?? codeOf(error) ?? 'E_DAEMON'
    const text = detail ? `${message}: ${detail.split('\n').at(-1)}` : message
    return {
      findings: [{ level: 'error', code, at: context.home, message: text, ...(hint && { hint }) }],
      facts: { home: context.home },
    }
  }
}

async function lookIntoTroubles(context: Context, session: Session, words: string[]): Promise<OpAnswers['troubles'] | undefined> {
  // Without words the known ones are looked into only where the app is somewhere on record.
  const place = await placeOf(context)
  try {
    const asked = await session.call('troubles', { ...place, words })
    const { askOurselves } = await import('../ask-ourselves.ts')
    return { ...asked, troubles: await Promise.all(asked.troubles.map((t) => askOurselves(context, t))) }
  } catch (error) {
    if (words.length > 0 || codeOf(error) === undefined) throw error
    return undefined // The findings say what is wrong with the manifest.
  }
}
