import type { ErrorShape } from '../../model/event.ts'
import { cleanLine, cleanText } from './clean.ts'
import type { Look } from './look.ts'
import { hang } from './width.ts'

/** What happened, where, the evidence, and what to do now. */
export function renderError(error: ErrorShape, look: Look): string {
  const { paint, signs, columns } = look
  const lines = [hang(`${paint.bold(paint.red('error'))} ${paint.red(error.code)}: ${cleanLine(error.message)}`, columns, 2)]
  if (error.at) lines.push(`  at ${cleanLine(error.at)}`)
  for (const line of evidenceOf(error)) lines.push(`  ${paint.dim(signs.bar)} ${line}`.trimEnd())
  if (error.hint) lines.push(renderHint(error.hint, look))
  return lines.join('\n')
}

export function renderHint(hint: string, { paint, columns }: Look): string {
  return hang(`  ${paint.cyan('next:')} ${cleanLine(hint)}`, columns, 8)
}

function evidenceOf({ detail, code }: ErrorShape): string[] {
  if (!detail) return []
  const lines = cleanText(detail.trimEnd()).split('\n')
  // Frames of a stack help whoever gets the report; they are no evidence for the person in front of it.
  return code === 'E_INTERNAL' ? lines.slice(0, 5) : lines
}
