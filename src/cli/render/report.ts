import type { ManualStep, Verdict } from '../../model/target.ts'
import { cleanLine } from './clean.ts'
import type { Look } from './look.ts'

/** What became of every key: how many were kept, and one by one what changed and what was lost. */
export function renderVerdicts(verdicts: Verdict[], look: Look): string {
  const { paint } = look
  const count = (type: Verdict['type']) => verdicts.filter((v) => v.type === type).reduce((n, v) => n + v.leaves, 0)
  const width = Math.max(0, ...verdicts.filter((v) => v.type !== 'kept').map((v) => v.at.length))
  const lines: string[] = [`${paint.green('kept')} ${count('kept')}`]
  for (const type of ['changed', 'lost'] as const) {
    const own = verdicts.filter((v) => v.type === type)
    const colour = type === 'changed' ? paint.yellow : paint.magenta
    lines.push(`${colour(type)} ${count(type)}`)
    for (const v of own) {
      if (v.type === 'kept') continue
      const more = v.leaves > 1 ? ` (${v.leaves} values)` : ''
      lines.push(
        `  ${paint.dim(v.at.padEnd(width))}  ${paint.bold(cleanLine(v.path))}${more}: ${cleanLine(v.type === 'changed' ? v.how : v.why)}`,
      )
      if (v.hint) lines.push(`  ${' '.repeat(width)}  ${look.signs.arrow} ${cleanLine(v.hint)}`)
    }
  }
  return lines.join('\n')
}

/** `kept 41, changed 6, lost 3: 94 % came along`. */
export function renderTotals({
  kept,
  changed,
  lost,
  share,
}: {
  kept: number
  changed: number
  lost: number
  share: number
}): string {
  // Never rounded up to all of it.
  const percent = lost > 0 ? Math.min(99, Math.round(share * 100)) : 100
  return `kept ${kept}, changed ${changed}, lost ${lost}: ${percent} % came along`
}

/** What a person has still to do, in order. */
export function renderSteps(steps: ManualStep[], { paint }: Look): string {
  const lines = steps.flatMap(({ title, text, commands = [] }, i) => [
    `${String(i + 1).padStart(2)}. ${cleanLine(title)}`,
    ...(text ? [`      ${cleanLine(text, 400)}`] : []),
    ...commands.map((command) => `      ${paint.dim('$')} ${cleanLine(command, 400)}`),
  ])
  return [paint.bold('Still to do'), ...lines].join('\n')
}
