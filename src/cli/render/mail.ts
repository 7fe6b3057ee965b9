import type { OpAnswers } from '../../ops/contract.ts'
import { cleanLine, cleanText } from './clean.ts'
import { localTime } from './duration.ts'
import { renderHint } from './error.ts'
import type { Look } from './look.ts'
import { plainOf } from './plain-of-html.ts'
import { table } from './table.ts'

const COLUMNS = [{ title: '', isRight: true }, { title: 'came' }, { title: 'from' }, { title: 'to' }, { title: 'subject' }]
const LINKS = 20

/** Captured mail, newest first. All of it comes from outside and is made harmless. */
export function renderMails({ resource, messages }: OpAnswers['mail-list'], look: Look): string {
  if (messages.length === 0) return `${resource} is empty: nothing was sent yet`
  const rows = messages.map((m) => [
    String(m.id),
    localTime(m.at),
    cleanLine(m.from || '–', 60),
    cleanLine(m.to.join(', '), 60),
    cleanLine(m.subject, 100),
  ])
  return [...table(COLUMNS, rows, look), look.paint.dim('captured: none of it left this machine')].join('\n')
}

/** One mail as a person would read it: text, then where its links lead. */
export function renderMail(mail: OpAnswers['mail-show'], look: Look): string {
  const { paint } = look
  const head = [
    ['from', mail.sender || mail.from],
    ['to', mail.to.join(', ')],
    ['subject', mail.subject],
    ['came', localTime(mail.at)],
  ].map(([name = '', value = '']) => `${paint.dim(name.padEnd(8))} ${cleanLine(value)}`)
  const text = cleanText(mail.text.trim() || plainOf(mail.html)).trimEnd()
  const links = mail.links.slice(0, LINKS).map((link, i) => `${paint.dim(String(i + 1).padStart(3))} ${cleanLine(link)}`)
  const left = mail.links.length - links.length
  const attached = mail.attachments.map(
    (a) => `    ${cleanLine(a.name || 'without a name', 100)} ${paint.dim(`${cleanLine(a.type, 80)}, ${a.sizeBytes} bytes`)}`,
  )
  return [
    ...head,
    '',
    text,
    ...(links.length > 0 ? ['', paint.bold('links'), ...links, ...(left > 0 ? [`    and ${left} more`] : [])] : []),
    ...(attached.length > 0 ? ['', paint.bold('attached'), ...attached] : []),
  ].join('\n')
}

export function renderTest(sent: OpAnswers['mail-test'], look: Look): string {
  const { paint, signs } = look
  const place = `${sent.host}:${sent.port}`
  const head = `${paint.green(signs.ok)} ${cleanLine(sent.from)} to ${cleanLine(sent.to)} through ${cleanLine(place)}`
  if (sent.kind === 'relay') return `${head}\n  the relay took it: ${cleanLine(sent.response)}`
  const which = sent.id === undefined ? '' : ` as message ${sent.id}`
  const next = sent.id === undefined ? 'landfall mail list' : `landfall mail show ${sent.id}`
  return `${head}\n  captured in ${sent.resource}${which}: nothing left this machine\n${renderHint(next, look)}`
}
