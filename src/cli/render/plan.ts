import { describeStage, describeStep } from '../../lib/describe-step.ts'
import type { Plan, PlanWarning, Stage, Step } from '../../model/plan.ts'
import { duration } from './duration.ts'
import type { Look } from './look.ts'
import { padEnd, wrap } from './width.ts'

/** Where the steps stand, right of the stages' names; the same in the plan and in its run. */
export const STEP_COLUMN = 17
const MAX_COLUMNS = 110

/** What will happen, for a person who is about to say yes. */
export function renderPlan(plan: Plan, look: Look): string {
  const lines = [titleOf(plan, look), '']
  for (const stage of plan.stages) lines.push(...stageLines(stage, look))
  if (plan.warnings.length > 0) lines.push('', ...plan.warnings.flatMap((w) => warningLines(w, look)))
  return [...lines, '', `  ${summaryOf(plan, look)}`].join('\n')
}

export function titleOf(plan: Plan, { paint, signs }: Look): string {
  const place = paint.bold(`${plan.app}/${plan.environment}`)
  return `  ${place}  ${changeOf(plan, signs.arrow)}`
}

function changeOf({ intent, previous, release }: Plan, arrow: string): string {
  if (intent === 'task') return previous ? `a task, with ${previous}` : 'a task'
  if (intent === 'down') return previous ? `${previous} ${arrow} nothing serves` : 'take everything down'
  if (!previous) return `first release, ${release ?? ''}`.replace(/, $/, '')
  return `${previous} ${arrow} ${release ?? previous}${intent === 'rollback' ? ' (rollback)' : ''}`
}

function stageLines(stage: Stage, look: Look): string[] {
  const room = Math.min(look.columns ?? MAX_COLUMNS, MAX_COLUMNS) - STEP_COLUMN - 3
  const lines = stage.steps.flatMap((step) => {
    const [first = '', ...rest] = wrap(describeStep(step), look.columns === undefined ? undefined : room)
    return [`${signOf(step, look)} ${first}`, ...rest.map((line) => `  ${line}`)]
  })
  if (stage.downtimeSeconds > 0) lines.push(look.paint.yellow(`! ${waitOf(stage.downtimeSeconds)}`))
  return lines.map((line, i) => `  ${padEnd(i === 0 ? look.paint.bold(describeStage(stage)) : '', STEP_COLUMN - 2)}${line}`)
}

function signOf(step: Step, { paint, signs }: Look): string {
  switch (step.type) {
    case 'build':
    case 'volume':
    case 'start':
      return paint.green('+')
    case 'run-once':
      return paint.cyan('>')
    case 'route':
      return step.routes.length === 0 ? paint.red('-') : paint.cyan('~')
    case 'hold':
      return paint.yellow('!')
    case 'retire':
    case 'stop':
      return paint.yellow('-')
    case 'prune':
      return paint.dim('-')
    case 'await-healthy':
    case 'smoke':
      return paint.dim(signs.separator)
  }
}

function warningLines({ type, message, code }: PlanWarning, look: Look): string[] {
  const { paint, columns } = look
  const [label, colour] = {
    destructive: ['loses', (text: string) => paint.bold(paint.red(text))] as const,
    downtime: ['waits', paint.yellow] as const,
    note: ['note', paint.dim] as const,
  }[type]
  const text = type === 'note' ? message : `${message} (${code})`
  const lines = wrap(text, columns === undefined ? undefined : Math.min(columns, MAX_COLUMNS) - STEP_COLUMN - 1)
  const paintLine = type === 'destructive' ? paint.red : (line: string) => line
  return lines.map((line, i) => `  ${padEnd(i === 0 ? colour(label) : '', STEP_COLUMN - 2)}${paintLine(line)}`)
}

function summaryOf(plan: Plan, { paint, signs }: Look): string {
  const steps = plan.stages.reduce((sum, stage) => sum + stage.steps.length, 0)
  const seconds = plan.stages.reduce((sum, stage) => sum + stage.downtimeSeconds, 0)
  const losses = plan.warnings.filter((w) => w.type === 'destructive').length
  const wait =
    seconds > 0
      ? paint.yellow(waitOf(seconds))
      : paint.dim(plan.intent === 'down' ? 'nothing serves afterwards' : 'no request waits')
  const parts = [paint.dim(`${steps} ${steps === 1 ? 'step' : 'steps'}`), wait]
  if (losses > 0) parts.push(paint.red(paint.bold('data is lost')))
  return [...parts, paint.dim(`plan ${plan.id}`)].join(paint.dim(` ${signs.separator} `))
}

const waitOf = (seconds: number) => `requests wait or fail for about ${duration(seconds * 1000)}`
