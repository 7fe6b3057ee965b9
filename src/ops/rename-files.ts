import type { ManualStep, Verdict } from '../model/target.ts'
import type { ExportAnswer } from './export.ts'

/**
 * The same answer with other names for its files: in the files that speak of one another, in the steps and in the report. Keys that end
 * with `/` are folders. A path stays relative to where it was: only what is addressed from the folder of the export may move.
 */
export function renameFiles(answer: ExportAnswer, names: Record<string, string>): ExportAnswer {
  const pairs = Object.entries(names).sort(([a], [b]) => b.length - a.length)
  if (pairs.length === 0) return answer
  const path = (before: string): string => {
    const pair = pairs.find(([from]) => (from.endsWith('/') ? before.startsWith(from) : before === from))
    return pair ? `${pair[1]}${before.slice(pair[0].length)}` : before
  }
  const rules = pairs.map(([from, to]) => ({ pattern: mention(from), to }))
  const text = (before: string) =>
    rules.reduce((now, { pattern, to }) => now.replace(pattern, (_, dot: string | undefined) => `${dot ?? ''}${to}`), before)
  const optional = (value: string | undefined) => (value === undefined ? undefined : text(value))
  return {
    ...answer,
    files: Object.fromEntries(
      Object.entries(answer.files).map(([name, file]) => [path(name), { ...file, text: text(file.text) }]),
    ),
    steps: answer.steps.map((step) => renameStep(step, text)),
    verdicts: answer.verdicts.map((verdict) => renameVerdict(verdict, text, optional)),
  }
}

/** The path where it stands for itself: not as a part of another one, but behind `./` as well. */
function mention(path: string): RegExp {
  const words = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const end = path.endsWith('/') ? '' : '(?![\\w/-]|\\.\\w)'
  return new RegExp(`(?<![\\w./-])(\\./)?${words}${end}`, 'g')
}

function renameStep(step: ManualStep, text: (before: string) => string): ManualStep {
  return {
    title: text(step.title),
    ...(step.commands && { commands: step.commands.map(text) }),
    ...(step.text !== undefined && { text: text(step.text) }),
  }
}

function renameVerdict(
  verdict: Verdict,
  text: (before: string) => string,
  optional: (value: string | undefined) => string | undefined,
): Verdict {
  const hint = 'hint' in verdict ? optional(verdict.hint) : undefined
  if (verdict.type === 'kept') return verdict.to === undefined ? verdict : { ...verdict, to: text(verdict.to) }
  if (verdict.type === 'changed') return { ...verdict, how: text(verdict.how), ...(hint !== undefined && { hint }) }
  return { ...verdict, why: text(verdict.why), ...(hint !== undefined && { hint }) }
}
