import { posix } from 'node:path'
import type { ManualStep, Verdict } from '../model/target.ts'
import type { ExportAnswer } from './export.ts'

/**
 * The same answer with other names for its files: in the files that speak of one another, in the steps and in the report. Keys that end
 * with `/` are folders. What a file says of its own place, such as `..`, stays: only what is addressed by its name may move.
 */
export function renameFiles(answer: ExportAnswer, names: Record<string, string>): ExportAnswer {
  const pairs = Object.entries(names).sort(([a], [b]) => b.length - a.length)
  if (pairs.length === 0) return answer
  const path = (before: string): string => {
    const pair = pairs.find(([from]) => (from.endsWith('/') ? before.startsWith(from) : before === from))
    return pair ? `${pair[1]}${before.slice(pair[0].length)}` : before
  }
  const fromTop = replacer(pairs)
  const all = Object.keys(answer.files).map((name): [string, string] => [name, path(name)])
  const inFile = (name: string) => {
    const [folder, now] = [posix.dirname(name), posix.dirname(path(name))]
    if (folder === '.') return fromTop
    const up = posix.relative(`/${folder}`, '/')
    const fromHere = replacer(all.map(([from, to]) => [`${up}/${from}`, dotted(posix.relative(`/${now}`, `/${to}`))]))
    return (text: string) => fromTop(fromHere(text))
  }
  return {
    ...answer,
    files: Object.fromEntries(
      all.map(([name, to]) => [to, { ...answer.files[name]!, text: inFile(name)(answer.files[name]!.text) }]),
    ),
    steps: answer.steps.map((step) => renameStep(step, fromTop)),
    verdicts: answer.verdicts.map((verdict) => renameVerdict(verdict, fromTop)),
  }
}

type Renaming = (text: string) => string

function replacer(pairs: [string, string][]): Renaming {
  const rules = pairs.map(([from, to]) => ({ pattern: mention(from), to }))
  return (before) =>
    rules.reduce((now, { pattern, to }) => now.replace(pattern, (_, dot: string | undefined) => `${dot ?? ''}${to}`), before)
}

/** Compose takes a name without a dot for that of a volume. */
const dotted = (path: string) => (path.startsWith('.') ? path : `./${path}`)

/** The path where it stands for itself: not as a part of another one, but behind `./` as well, and as the text `"/path"`. */
function mention(path: string): RegExp {
  const words = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const end = path.endsWith('/') ? '' : '(?![\\w/-]|\\.\\w)'
  return new RegExp(`(?<![\\w./-])(\\./|(?<=["'])/)?${words}${end}`, 'g')
}

function renameStep(step: ManualStep, text: Renaming): ManualStep {
  return {
    title: text(step.title),
    ...(step.commands && { commands: step.commands.map(text) }),
    ...(step.text !== undefined && { text: text(step.text) }),
  }
}

function renameVerdict(verdict: Verdict, text: Renaming): Verdict {
  if (verdict.type === 'kept') return verdict.to === undefined ? verdict : { ...verdict, to: text(verdict.to) }
  const hint = verdict.hint === undefined ? {} : { hint: text(verdict.hint) }
  if (verdict.type === 'changed') return { ...verdict, how: text(verdict.how), ...hint }
  return { ...verdict, why: text(verdict.why), ...hint }
}
