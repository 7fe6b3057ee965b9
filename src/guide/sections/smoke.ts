import type { AnswerExpectation, Check, CheckStep, TextExpectation } from '../../model/app.ts'
import { type Block, checklist, code, heading, type Inline, joined, type Page, say, shell, table } from '../blocks.ts'
import type { GuideInput } from '../guide-input.ts'
import { inEnvironment } from '../in-environment.ts'
import { quoted } from '../value-text.ts'

/** What must answer, for people and for pipelines. */
export function smokePage({ app, cite }: GuideInput): Page {
  const [first] = app.routes
  const blocks: Block[] = [
    say('The same checks gate a release: they are asked on new instances before those have traffic. By hand, on what serves:'),
    shell(`landfall smoke${inEnvironment(app)}`),
  ]
  if (app.checks.length === 0) blocks.push(say('The manifest names no checks: a release is as good as its health checks alone.'))
  else {
    blocks.push(heading('Checklist', cite('checks')), checklist(app.checks.map(checkItem)))
    const asked = app.checks.filter((c) => c.on.includes('release'))
    const byHand = [...new Set(asked.flatMap((c) => curlOf(c, first?.host)))]
    if (byHand.length > 0) {
      blocks.push(heading('Without Landfall'), say('The plain ones of them, from any machine:'), shell(...byHand))
    }
  }
  const probed = app.components.filter((c) => c.health?.type === 'http')
  if (probed.length > 0) {
    blocks.push(
      heading('Health', cite('components')),
      table(
        ['Component', 'Asked', 'Every'],
        probed.map((c): Inline[] => {
          const h = c.health
          return [
            [code(c.name)],
            [code(h?.type === 'http' ? `GET ${h.path}` : '')],
            [h?.type === 'http' ? `${h.everySeconds} s` : ''],
          ]
        }),
      ),
    )
  }
  return { name: 'smoke', title: 'Smoke checklist', blocks }
}

function checkItem(check: Check): Inline {
  return [
    `${check.name}: `,
    ...joined(check.steps.map(stepText), '; then '),
    check.on.includes('release') ? '' : ' (not in a release)',
  ]
}

function stepText(step: CheckStep): Inline {
  switch (step.type) {
    case 'http':
      return [code(`${step.method} ${step.host ?? ''}${step.path}`), ' answers ', ...answered(step.expect)]
    case 'websocket':
      return [
        code(`WebSocket ${step.path}`),
        ...(step.expect ? [' says ', ...joined(texts(step.expect), ', ')] : [' opens']),
        `, within ${step.withinSeconds} s`,
      ]
    case 'mail':
      return [
        'a mail to ',
        code(step.to),
        ` arrives within ${step.withinSeconds} s`,
        step.linkHost === undefined ? '' : `, its link leads to ${step.linkHost}`,
        ...(step.follow ? ['; followed once, it answers ', ...answered(step.follow.expect)] : []),
      ]
    case 'sql':
      return [
        code(step.query),
        ` in ${step.resource}: ${Object.entries(step.expect)
          .map(([k, v]) => `${k} ${String(v)}`)
          .join(', ')}`,
      ]
    case 'manual':
      return [`a person looks: ${step.look}`]
  }
}

function answered(expect: AnswerExpectation): Inline {
  const parts: Inline[] = [
    [expect.status === 'ok' ? 'below 400' : expect.status === 'redirect' ? 'with a redirect' : String(expect.status)],
    ...(expect.location === undefined ? [] : [['to ', code(expect.location)]]),
    ...texts(expect),
    ...Object.entries(expect.headers ?? {}).map(([k, v]): Inline => [code(`${k}: ${v}`)]),
    ...(expect.belowMs === undefined ? [] : [[`within ${expect.belowMs} ms`]]),
  ]
  return joined(parts, ', ')
}

function texts(expect: TextExpectation): Inline[] {
  return [
    ...(expect.json === undefined ? [] : [['JSON with ', code(JSON.stringify(expect.json))]]),
    ...(expect.text === undefined ? [] : [['the text ', code(expect.text)]]),
    ...(expect.matches === undefined ? [] : [['a text that matches ', code(expect.matches)]]),
  ]
}

/** Only what one line can ask and what needs nothing of a step before. */
function curlOf(check: Check, host: string | undefined): string[] {
  const [step, ...more] = check.steps
  if (!step || more.length > 0 || step.type !== 'http' || step.method !== 'GET') return []
  const to = quoted(`https://${step.host ?? host ?? 'localhost'}${step.path}`)
  return [
    typeof step.expect.status === 'number' && step.expect.status >= 300
      ? `curl -sS -o /dev/null -w '%{http_code}\\n' ${to}`
      : `curl -fsS ${to}`,
  ]
}
