import { type Block, code, heading, type Inline, list, type Page, say, shell, table } from '../blocks.ts'
import type { GuideInput, Platform } from '../guide-input.ts'

/** A runbook for each platform that the app is exported to. */
export function platformPages({ platforms, app }: GuideInput): Page[] {
  return platforms.map((p) => ({ name: `platform-${p.name}`, title: `On ${p.title}`, blocks: platformBlocks(p, app.name) }))
}

function platformBlocks(p: Platform, app: string): Block[] {
  const blocks: Block[] = [
    say(p.proof ? `Proven on ${p.proof.on}: ${p.proof.what}.` : 'Written and valid, and unproven: nobody ran it there yet.'),
    heading('Files'),
    shell(p.command),
    list(p.files.map((f): Inline => [code(f), p.present.includes(f) ? ' (in the repository)' : ''])),
  ]
  if (p.steps.length > 0) {
    blocks.push(heading('By hand'))
    for (const [i, step] of p.steps.entries()) {
      blocks.push(heading(`${i + 1}. ${titled(step.title)}`, undefined, 3))
      if (step.text !== undefined) blocks.push(say(step.text))
      if (step.commands.length > 0) blocks.push(shell(...step.commands))
    }
  }
  blocks.push(
    heading('What comes along'),
    say(`${p.kept} settings of ${app} as they are, ${p.changed.length} changed, ${p.lost.length} lost.`),
  )
  if (p.changed.length > 0)
    blocks.push(
      table(
        ['Changed', 'How'],
        p.changed.map((c): Inline[] => [[code(c.what)], [c.how]]),
      ),
    )
  if (p.lost.length > 0)
    blocks.push(
      table(
        ['Lost', 'Why', 'What to do'],
        p.lost.map((l): Inline[] => [[code(l.what)], [l.why], [l.instead ?? '–']]),
      ),
    )
  if (p.remarks.length > 0)
    blocks.push(heading('To know'), list(p.remarks.map((r): Inline => [r.message, r.hint ? `: ${r.hint}` : ''])))
  return blocks
}

/** With a capital, but for what is a name: `web.seed`. */
function titled(title: string): string {
  return /^\w+[.-]\w/.test(title) ? title : `${title.slice(0, 1).toUpperCase()}${title.slice(1)}`
}
