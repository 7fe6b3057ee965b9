import { describeStage, describeStep } from '../../lib/describe-step.ts'
import type { Plan, PlanWarning, Stage, Step } from '../../model/plan.ts'
import { duration } from './duration.ts'
import type { Look } from './look.ts'
import { padEnd, widthOf, wrap } from './width.ts'

/** Where the steps stand, right of the stages' names; the same in the plan and in its run. */
export const STEP_COLUMN = 17
const MAX_COLUMNS = 110
const MAX_ROUTES = 8

/** What will happen, for a person who is about to say yes. */
export function renderPlan(plan: Plan, look: Look): string {
  const stages = plan.stages.flatMap((stage) => stageLines(stage, look))
  const warnings = plan.warnings.flatMap((w) => warningLines(w, look))
  const blocks = [[titleOf(plan, look)], stages, warnings, [`  ${summaryOf(plan, look)}`]]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** Without its steps, for whoever has said yes already and sees them in the run. */
export function renderPlanWarnings(plan: Plan, look: Look): string {
  return plan.warnings.flatMap((w) => warningLines(w, look)).join('\n')
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
    const [first = '', ...rest] = wordsOf(step).flatMap((text) => wrap(text, look.columns === undefined ? undefined : room))
    return [`${signOf(step, look)} ${first}`, ...rest.map((line) => `  ${line}`)]
  })
  if (stage.downtimeSeconds > 0) lines.push(look.paint.yellow(`! ${waitOf(stage.downtimeSeconds)}`))
  return lines.map((line, i) => `  ${padEnd(i === 0 ? look.paint.bold(describeStage(stage)) : '', STEP_COLUMN - 2)}${line}`)
}

/** A long table is read line by line. */
function wordsOf(step: Step): string[] {
  if (step.type !== 'route' || step.opens || step.routes.length <= 2) return [describeStep(step)]
  const lines = step.routes.map((r) => `  ${r.host}${r.path === '/' ? '' : r.path} to ${r.component} ${r.release}`)
  const more = lines.length > MAX_ROUTES ? [`  and ${lines.length - MAX_ROUTES} more`] : []
  return [`switch ${lines.length} routes`, ...lines.slice(0, MAX_ROUTES), ...more]
}

function signOf(step: Step, { paint, signs }: Look): string {
  switch (step.type) {
    case 'build':
    case 'volume':
    case 'start':
    case 'backup':
      return paint.green('+')
    case 'restore':
    case 'swap-data':
      return paint.cyan('~')
    case 'run-once':
      return paint.cyan('>')
    case 'route':
      return step.routes.length === 0 && !step.opens ? paint.red('-') : paint.cyan('~')
    case 'hold':
      return paint.yellow('!')
    case 'retire':
    case 'stop':
      return paint.yellow('-')
    case 'prune':
      return paint.dim('-')
    case 'await-healthy':
    case 'await-resource':
    case 'smoke':
    case 'verify-backup':
      return paint.dim(signs.separator)
  }
}

function warningLines({ type, message, code }: PlanWarning, look: Look): string[] {
  const { paint, columns } = look
  const [label, colour] = {
    destructive: ['removes', (text: string) => paint.bold(paint.red(text))] as const,
    downtime: ['waits', paint.yellow] as const,
    note: ['note', paint.dim] as const,
  }[type]
  const text = type === 'note' ? message : `${message} (${code})`
  const lines = wrap(text, columns === undefined ? undefined : Math.min(columns, MAX_COLUMNS) - STEP_COLUMN - 1)
  const paintLine = type === 'destructive' ? paint.red : (line: string) => line
  return lines.map((line, i) => `  ${padEnd(i === 0 ? colour(label) : '', STEP_COLUMN - 2)}${paintLine(line)}`)
}

function summaryOf(plan: Plan, { paint, signs, columns }: Look): string {
  const steps = plan.stages.reduce((sum, stage) => sum + stage.steps.length, 0)
  const seconds = plan.stages.reduce((sum, stage) => sum + stage.downtimeSeconds, 0)
  const losses = plan.warnings.filter((w) => w.type === 'destructive').length
  const wait =
    seconds > 0
      ? paint.yellow(waitOf(seconds))
      : paint.dim(plan.intent === 'down' ? 'nothing serves afterwards' : 'no request waits')
  const parts = [paint.dim(`${steps} ${steps === 1 ? 'step' : 'steps'}`), wait]
  if (losses > 0) parts.push(paint.bold(paint.red(losses === 1 ? '1 thing is removed' : `${losses} things are removed`)))
  const line = parts.join(paint.dim(` ${signs.separator} `))
  const id = paint.dim(`plan ${plan.id}`)
  const isNarrow = columns !== undefined && widthOf(line) + widthOf(id) + 5 > columns
  return isNarrow ? `${line}\n  ${id}` : `${line}${paint.dim(` ${signs.separator} `)}${id}`
}

const waitOf = (seconds: number) =>
  `requests wait or fail for about ${seconds < 60 ? `${Math.ceil(seconds)} s` : duration(seconds * 1000)}`
