import type { OpAnswers, TroubleResult } from '../../ops/contract.ts'
import type { Fix } from '../../ops/fixes.ts'
import { cleanLine, cleanText } from './clean.ts'
import { renderHint } from './error.ts'
import { renderFindings } from './findings.ts'
import type { Look } from './look.ts'

export interface DoctorReport {
  facts: Record<string, string>
  findings: OpAnswers['doctor']['findings']
  fixes: Fix[]
  troubles?: OpAnswers['troubles']
}

/** The machine, what is wrong, what `--fix` would do, and which known trouble it looks like. */
export function renderDoctor({ facts, findings, fixes, troubles }: DoctorReport, folder: string, look: Look): string {
  const { paint, signs } = look
  const width = Math.max(0, ...Object.keys(facts).map((name) => name.length))
  return [
    ...Object.entries(facts).map(([name, value]) => `${paint.dim(name.padEnd(width))}  ${value}`),
    '',
    findings.length > 0 ? renderFindings(findings, folder, look) : `${paint.green(signs.ok)} nothing to do`,
    ...(fixes.length > 0
      ? ['', ...fixes.map((f) => fixLine(f, look)), renderHint('landfall doctor --fix asks, and does it', look)]
      : []),
    ...(troubles && troubles.known > 0 ? ['', ...troubleLines(troubles, look)] : []),
  ].join('\n')
}

const fixLine = ({ about, command }: Fix, { paint }: Look) => `${about}: ${paint.cyan(cleanLine(command.join(' ')))}`

function troubleLines({ known, troubles }: OpAnswers['troubles'], look: Look): string[] {
  const { paint } = look
  if (troubles.length === 0)
    return [`none of the ${known} known troubles has these words`, renderHint('landfall doctor shows all of them', look)]
  return [paint.bold('known troubles'), ...troubles.flatMap((t) => troubleBlock(t, look))]
}

const WORDS = { likely: 'likely', unlikely: 'not this', unknown: 'perhaps' }

function troubleBlock({ symptom, cause, state, evidence, fix, ask }: TroubleResult, look: Look): string[] {
  const { paint, signs } = look
  const colour = state === 'likely' ? paint.red : state === 'unlikely' ? paint.dim : paint.yellow
  const head = `${colour(WORDS[state])}  ${cleanLine(symptom)}: ${paint.bold(cleanLine(cause))}`
  if (state === 'unlikely') return [head]
  const said = evidence
    ? cleanText(evidence)
        .split('\n')
        .map((line) => `   ${paint.dim(signs.bar)} ${line}`)
    : []
  const next = fix ?? (ask ? `landfall ${ask.join(' ')}` : undefined)
  return [head, ...said, ...(next ? [`  ${renderHint(cleanLine(next), look)}`] : [])]
}
