import { nearest } from '../lib/nearest.ts'
import { show } from '../lib/show.ts'
import type { AnswerExpectation, Capture, CheckStep, HttpStep, MailStep, TextExpectation } from '../model/app.ts'
import type { Path } from './places.ts'
import { checkHost } from './resolve-checks.ts'
import { reportUnknown } from './resolve-names.ts'
import { CHECK_METHODS, type WrittenAnswer, type WrittenMail, type WrittenStep } from './schema-check.ts'
import { parseTemplate } from './template.ts'
import { toSeconds } from './units.ts'
import type { World } from './world.ts'

const MAIL_SECONDS = 10
const SOCKET_SECONDS = 5
const FOLLOWED = 5
/** Of a request alone. */
const OF_REQUEST = [
  'host',
  'headers',
  'body',
  'status',
  'json',
  'text',
  'matches',
  'answerHeaders',
  'location',
  'redirects',
  'belowMs',
  'capture',
] as const

/** What one entry says: a request, then the mail that it causes; or one thing of another kind. `known` grows by what is captured. */
export function resolveSteps(world: World, at: Path, written: WrittenStep, known: Set<string>): CheckStep[] {
  const methods = CHECK_METHODS.filter((m) => written[m] !== undefined)
  const others = (['websocket', 'sql', 'manual'] as const).filter((k) => written[k] !== undefined)
  const kinds = [...methods, ...others]
  const [kind] = kinds
  if (kinds.length > 1 || (kind === undefined && written.mail === undefined)) {
    if (kind === undefined && world.isCut(at)) return []
    const message = kind === undefined ? 'asks for nothing' : `has ${kinds.join(' and ')}, and a step asks once`
    const hint = kind === undefined ? 'get: /api/health' : 'write them as `steps`'
    world.remarks.error(kind === undefined ? 'E_MISSING' : 'E_CONFLICT', at, message, hint)
    return []
  }
  const [method] = methods
  const steps: CheckStep[] = []
  if (method) steps.push(httpStep(world, at, written, method, known))
  else refuseOther(world, at, written, kind ?? 'mail')
  if (written.mail !== undefined) {
    const mail = mailStep(world, [...at, 'mail'], written.mail, known)
    if (mail) steps.push(mail)
  }
  if (written.websocket !== undefined) steps.push(socketStep(world, [...at, 'websocket'], written, known))
  if (written.sql !== undefined) {
    const { query, expect = {} } = written.sql
    const resource = resourceOf(world, [...at, 'sql', 'resource'], written.sql.resource, 'postgres')
    if (resource)
      steps.push({ type: 'sql', resource, query, expect: { ...expect } as Extract<CheckStep, { type: 'sql' }>['expect'] })
  }
  if (written.manual !== undefined) steps.push({ type: 'manual', look: written.manual })
  return steps
}

function httpStep(
  world: World,
  at: Path,
  written: WrittenStep,
  method: (typeof CHECK_METHODS)[number],
  known: Set<string>,
): HttpStep {
  if (written.body !== undefined && (method === 'get' || method === 'head')) {
    const message = `a ${method.toUpperCase()} request has no body`
    world.remarks.error('E_CONFLICT', [...at, 'body'], message, 'write post, put or patch')
  }
  for (const key of [method, 'body', 'headers', 'text', 'json', 'location'] as const)
    checkTexts(world, [...at, key], written[key], known)
  const host = checkHost(world, at, written.host)
  const step: HttpStep = {
    type: 'http',
    method: method.toUpperCase() as HttpStep['method'], // The six of the schema, which are the six of the model.
    path: written[method] ?? '/',
    ...(host !== undefined && { host }),
    headers: { ...written.headers },
    ...(written.body !== undefined && { body: written.body }),
    redirects: written.redirects ?? 0,
    expect: answerOf(world, at, written, 200),
    capture: captures(world, at, written.capture, ['json', 'header', 'cookie', 'text'], known),
  }
  return step
}

function mailStep(world: World, at: Path, written: WrittenMail, known: Set<string>): MailStep | undefined {
  for (const key of ['to', 'subject', 'text', 'linkHost'] as const) checkTexts(world, [...at, key], written[key], known)
  const resource = resourceOf(world, [...at, 'resource'], written.resource, 'mail')
  const { to, subject, text, within, linkHost, follow } = written
  const followed = typeof follow === 'object' ? follow : follow === true ? {} : undefined
  if (typeof follow === 'object')
    for (const key of ['text', 'json', 'location'] as const) checkTexts(world, [...at, 'follow', key], follow[key], known)
  const step = {
    type: 'mail' as const,
    resource: resource ?? '',
    to,
    ...(subject !== undefined && { subject }),
    ...(text !== undefined && { text }),
    withinSeconds: within === undefined ? MAIL_SECONDS : toSeconds(within),
    ...(linkHost !== undefined && { linkHost }),
    ...(followed && {
      follow: {
        // A mapping that names a redirect means the redirect itself.
        redirects: followed.redirects ?? (followed.location !== undefined || followed.status !== undefined ? 0 : FOLLOWED),
        expect: answerOf(world, [...at, 'follow'], followed, 'ok' as const),
      },
    }),
    capture: captures(world, at, written.capture, ['link', 'subject', 'text', 'json', 'cookie', 'header'], known),
  }
  return resource === undefined ? undefined : step
}

function socketStep(world: World, at: Path, written: WrittenStep, known: Set<string>): CheckStep {
  const is = typeof written.websocket === 'string' ? { path: written.websocket } : written.websocket!
  for (const key of ['path', 'send', 'expect'] as const) checkTexts(world, [...at, key], is[key], known)
  checkTexts(world, [...at.slice(0, -1), 'headers'], written.headers, known)
  const host = checkHost(world, at.slice(0, -1), written.host)
  const { expect } = is
  return {
    type: 'websocket',
    path: is.path,
    ...(host !== undefined && { host }),
    headers: { ...written.headers },
    send: is.send === undefined ? [] : Array.isArray(is.send) ? is.send : [is.send],
    ...(expect !== undefined && {
      expect: typeof expect === 'string' ? { text: expect } : textOf(world, [...at, 'expect'], expect),
    }),
    withinSeconds: is.within === undefined ? SOCKET_SECONDS : toSeconds(is.within),
    capture: captures(world, at, is.capture, ['json', 'text'], known),
  }
}

/** What only a request has, beside something that is none. A WebSocket's handshake has a host and headers. */
function refuseOther(world: World, at: Path, written: WrittenStep, kind: string): void {
  for (const key of OF_REQUEST) {
    if (written[key] === undefined || (kind === 'websocket' && (key === 'host' || key === 'headers'))) continue
    const hint = kind === 'manual' ? 'leave it out' : `put what must come under \`${kind}\``
    world.remarks.key('E_CONFLICT', [...at, key], `is about a request, and this is \`${kind}\``, hint)
  }
}

function answerOf(world: World, at: Path, written: WrittenAnswer, usual: 200 | 'ok'): AnswerExpectation {
  const { status, answerHeaders, location, belowMs } = written
  return {
    status: status ?? (location === undefined ? usual : 'redirect'),
    ...textOf(world, at, written),
    ...(answerHeaders && { headers: { ...answerHeaders } }),
    ...(location !== undefined && { location }),
    ...(belowMs !== undefined && { belowMs }),
  }
}

function textOf(
  world: World,
  at: Path,
  written: { json?: unknown; text?: string | undefined; matches?: string | undefined },
): TextExpectation {
  const { json, text, matches } = written
  if (matches !== undefined) checkExpression(world, [...at, 'matches'], matches)
  checkJson(world, [...at, 'json'], json)
  return {
    ...(json !== undefined && { json }),
    ...(text !== undefined && { text }),
    ...(matches !== undefined && { matches }),
  }
}

function checkJson(world: World, at: Path, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const { matches, ...more } = value as { matches?: unknown }
  if (typeof matches === 'string' && Object.keys(more).length === 0) {
    checkExpression(world, [...at, 'matches'], matches)
    return
  }
  for (const [key, inner] of Object.entries(value)) checkJson(world, [...at, Array.isArray(value) ? Number(key) : key], inner)
}

function checkExpression(world: World, at: Path, source: string): void {
  try {
    new RegExp(source, 'u')
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : ''
    world.remarks.error('E_PATTERN', at, `${show(source)} is not a regular expression: ${why}`)
  }
}

const HOW: Record<Capture['from'], string> = {
  json: 'json.user.token',
  header: 'header.x-request-id',
  cookie: 'cookie.session',
  text: '/code=(\\d+)/',
  link: 'link',
  subject: 'subject',
}

function captures(
  world: World,
  at: Path,
  written: Record<string, string> | undefined,
  allowed: Capture['from'][],
  known: Set<string>,
): Capture[] {
  return Object.entries(written ?? {}).flatMap(([name, source]) => {
    const place = [...at, 'capture', name]
    if (known.has(name)) {
      world.remarks.key('E_DUPLICATE', place, `\${${name}} is known already`, 'give it another name')
    }
    known.add(name)
    const expression = /^\/(.+)\/$/s.exec(source)?.[1]
    if (expression !== undefined) {
      checkExpression(world, place, expression)
      return [{ name, from: 'text' as const, of: expression }]
    }
    const [from = '', ...of] = source.split('.')
    const found = allowed.find(
      (kind) => kind === from && (kind === 'link' || kind === 'subject' || kind === 'json' || of.length > 0),
    )
    if (found) return [{ name, from: found, of: of.join('.') }]
    const hint = `one of: ${allowed.map((kind) => HOW[kind]).join(', ')}`
    world.remarks.error('E_CAPTURE', place, `${show(source)} cannot be captured here`, hint)
    return []
  })
}

/** Every text in a value: a reference that would be sent as it is written is worse than none. */
function checkTexts(world: World, at: Path, value: unknown, known: ReadonlySet<string>): void {
  if (typeof value === 'string') {
    const template = parseTemplate(value)
    if ('problem' in template) {
      world.remarks.error('E_REFERENCE', at, template.problem, template.hint)
      return
    }
    for (const part of template.parts) {
      if (part.type !== 'reference' || known.has(part.name)) continue
      const close = nearest(part.name, known)
      const hint = close ? `did you mean \`\${${close}}\`?` : `known here: ${[...known].map((n) => `\${${n}}`).join(', ')}`
      world.remarks.error('E_REFERENCE', at, `${show(`\${${part.name}}`)} is nothing that a check knows here`, hint)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      checkTexts(world, [...at, Array.isArray(value) ? Number(key) : key], inner, known)
  }
}

/** The resource that is named, or the only one of its type. */
function resourceOf(world: World, at: Path, written: string | undefined, type: 'mail' | 'postgres'): string | undefined {
  const all = [...world.resources].filter(([, t]) => t === type).map(([name]) => name)
  if (written !== undefined) {
    if (all.includes(written)) return written
    reportUnknown(world, at, written, all, `${type} resource`)
    return undefined
  }
  const [only] = all
  if (all.length === 1 && only !== undefined) return only
  const message = all.length === 0 ? `there is no ${type} resource` : `there are ${all.join(' and ')}`
  const hint = all.length === 0 ? `resources: { ${type === 'mail' ? 'mail' : 'db'}: { type: ${type} } }` : `resource: ${only}`
  if (!isAbsent(world, type)) world.remarks.error('E_UNKNOWN_REF', at.slice(0, -1), message, hint)
  return undefined
}

/** A resource with mistakes of its own has been told. */
function isAbsent(world: World, type: string): boolean {
  return Object.entries(world.manifest.resources ?? {}).some(([name, r]) => r.type === type && world.absent.has(name))
}
