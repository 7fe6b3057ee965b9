import { setTimeout as sleep } from 'node:timers/promises'
import type { MailStep } from '../model/app.ts'
import { capture } from './capture.ts'
import type { CapturedMail, Mailbox } from './deps.ts'
import { askOver, judge } from './http.ts'
import { fill, hostOf, type StepResult, type Walk } from './walk.ts'

const LOOK_MS = 100

/** The mailbox of a step, or why there is none to look into. */
export function mailboxOf(walk: Walk, name: string): Mailbox | { reason: string } {
  const resource = walk.resources.find((r) => r.name === name)
  if (!resource) return { reason: `${name} is not on record with this release` }
  const mailbox = walk.deps.mailbox(walk.scope, resource)
  return mailbox ?? { reason: `${name} hands mail on to a relay, and what arrives there nobody here can read` }
}

/** What is in the mailbox now is not what the check waits for. */
export async function noteSeen(walk: Walk, name: string): Promise<void> {
  const mailbox = mailboxOf(walk, name)
  if ('reason' in mailbox) return
  const [newest] = await mailbox.list({ limit: 1 })
  walk.mailSeen.set(name, newest?.id ?? 0)
}

/** A mail that has come since the check began: whom for, what about, where its links lead, and that the first one works. */
export async function runMail(walk: Walk, step: MailStep): Promise<StepResult> {
  const to = fill(walk, step.to)
  const request = `mail to ${to}`
  const mailbox = mailboxOf(walk, step.resource)
  if ('reason' in mailbox) return { request, because: mailbox.reason }
  const found = await arrival(walk, step, mailbox, to)
  if (typeof found === 'string') return { request, because: found }
  const own = linksOf(walk, found)
  const wrong = whyNotLinks(walk, step, found, own) ?? capture(walk, step.capture.filter(isOfMail), sourceOf(found, own))
  if (wrong) return { request, because: wrong }
  if (!step.follow) return { request }
  return followLink(walk, step, own)
}

const isOfMail = (c: MailStep['capture'][number]) => c.from === 'link' || c.from === 'subject' || c.from === 'text'

async function arrival(walk: Walk, step: MailStep, mailbox: Mailbox, to: string): Promise<CapturedMail | string> {
  const { subject, text } = step
  const deadline = performance.now() + step.withinSeconds * 1000
  let other = ''
  for (;;) {
    const lines = await mailbox.list({ to, after: walk.mailSeen.get(step.resource) ?? 0 })
    for (const { id } of lines) {
      const mail = await mailbox.show(id)
      if (subject !== undefined && !mail.subject.includes(fill(walk, subject)))
        other = `; one came about ${JSON.stringify(mail.subject)}`
      else if (text !== undefined && !`${mail.text}\n${mail.html}`.includes(fill(walk, text))) {
        other = `; one came that lacks ${JSON.stringify(fill(walk, text))}`
      } else return mail
    }
    if (performance.now() > deadline) return `no such mail arrived within ${step.withinSeconds} s${other}`
    await sleep(LOOK_MS, undefined, { signal: walk.signal })
  }
}

interface Link {
  url: URL
  /** The route's host; absent: somebody else's. */
  host?: string
}

function linksOf(walk: Walk, mail: CapturedMail): Link[] {
  return mail.links.map((link) => {
    const url = new URL(link)
    const host = hostOf(walk, url)
    return { url, ...(host !== undefined && { host }) }
  })
}

/** A mail of an app leads back to it: the first link must, and with `linkHost` under that name. */
function whyNotLinks(walk: Walk, step: MailStep, mail: CapturedMail, links: Link[]): string | undefined {
  if (step.linkHost === undefined && !step.follow && !step.capture.some((c) => c.from === 'link')) return undefined
  const [first] = links
  if (!first) return `the mail ${JSON.stringify(mail.subject)} has no link`
  const wanted = step.linkHost === undefined ? undefined : fill(walk, step.linkHost)
  if (wanted !== undefined && first.url.host !== wanted) return `its link leads to ${first.url.host}, expected ${wanted}`
  if (step.follow && first.host === undefined) return `its link leads to ${first.url.host}, which no route of this app has`
  return undefined
}

function sourceOf(mail: CapturedMail, [first]: Link[]) {
  return { body: mail.text || mail.html, subject: mail.subject, ...(first && { link: first.url.href }) }
}

async function followLink(walk: Walk, step: MailStep, [first]: Link[]): Promise<StepResult> {
  const { url, host } = first!
  const path = `${url.pathname}${url.search}`
  const follow = step.follow!
  const answer = await askOver(walk, follow.redirects, { method: 'GET', host: host!, path, headers: {} })
  // Without what makes it a secret.
  const request = `mail, then GET ${url.pathname}`
  return judge(walk, request, { expect: follow.expect, capture: step.capture.filter((c) => !isOfMail(c)) }, answer)
}
