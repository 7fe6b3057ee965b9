import { describeStage, describeStep } from '../../lib/describe-step.ts'
import type { Plan } from '../../model/plan.ts'
import { cleanLine } from './clean.ts'
import { duration } from './duration.ts'
import type { Look } from './look.ts'
import { STEP_COLUMN, titleOf } from './plan.ts'
import { type RunView, recoveredText, type StepEvent, SUSPENDED } from './run.ts'
import { cutTo, hang, padEnd, padStart, widthOf } from './width.ts'

const TICK_MS = 100
const MAX_COLUMNS = 100
const TIME_COLUMNS = 12
/** A person who waits this long may want to know that nobody has to. */
const DETACH_HINT_MS = 3_000

interface Active {
  key: string
  stage: number
  text: string
  isUndo: boolean
  since: number
  /** The newest line that its command said. */
  line?: string
}

interface LiveOptions {
  now?: () => number
  /** Not where the plan has just been shown. */
  isTitled?: boolean
}

/** A line that fills the last column would be followed by an empty one on some terminals. */
const widthFor = (look: Look) => Math.min((look.columns ?? 80) - 1, MAX_COLUMNS)

/** On a terminal: what is over stays and scrolls; below it, rewritten in place, what goes on and what comes. */
export function liveRunView(look: Look, write: (text: string) => void, options: LiveOptions = {}): RunView {
  const { now = Date.now, isTitled = true } = options
  const { paint, signs } = look
  let columns = widthFor(look)
  const active = new Map<string, Active>()
  const over = new Set<string>()
  let plan: Plan | undefined
  let run = ''
  let began = now()
  let drawn = 0
  let lastStage: number | string | undefined
  let frame = 0
  let isClosed = false

  const row = (label: string, sign: string, text: string, ms?: number) => {
    const time = ms === undefined ? '' : duration(ms)
    const room = columns - STEP_COLUMN - 2 - (time ? TIME_COLUMNS : 0)
    const line = `  ${padEnd(label && paint.bold(label), STEP_COLUMN - 2)}${sign} ${cutTo(text, room, signs.dots)}`
    return time ? line + paint.dim(padStart(time, Math.max(2, columns - widthOf(line)))) : line
  }
  /** A stage's name stands beside the first of its lines alone. */
  const labelOf = (stage: number | 'undo', last: number | string | undefined) => {
    if (stage === last) return ''
    const found = stage === 'undo' ? undefined : plan?.stages[stage]
    return stage === 'undo' ? 'Undo' : found ? describeStage(found) : ''
  }
  const erase = () => {
    const up = drawn > 0 ? `\x1b[${drawn}A` : ''
    drawn = 0
    return `${up}\r\x1b[J`
  }
  const draw = () => {
    if (isClosed) return
    columns = widthFor(look)
    const lines = liveLines()
    const text = erase() + lines.map((line) => `${line}\n`).join('')
    drawn = lines.length
    write(text)
  }
  const print = (line: string) => {
    write(`${erase()}${line}\n`)
  }
  const remark = (text: string) => print(paint.yellow(hang(`  ${text}`, columns, 4)))
  const liveLines = () => {
    const lines: string[] = []
    let last = lastStage
    for (const step of active.values()) {
      const stage = step.isUndo ? 'undo' : step.stage
      const sign = paint.cyan(signs.spinner[frame % signs.spinner.length] ?? '')
      lines.push(row(labelOf(stage, last), sign, step.text, now() - step.since))
      last = stage
      if (step.line)
        lines.push(paint.dim(`${' '.repeat(STEP_COLUMN)}${signs.bar} ${cutTo(step.line, columns - STEP_COLUMN - 2, signs.dots)}`))
    }
    const room = Math.max(2, (look.rows ?? 24) - lines.length - 4)
    const pending = pendingLines(last)
    lines.push(...pending.slice(0, room))
    if (pending.length > room) lines.push(paint.dim(`${' '.repeat(STEP_COLUMN)}${signs.dots} ${pending.length - room} more`))
    if (now() - began > DETACH_HINT_MS) {
      lines.push(
        '',
        paint.dim(cutTo(`  ${run}  ${duration(now() - began)}  Ctrl-C detaches, the run goes on`, columns, signs.dots)),
      )
    }
    return lines
  }
  const pendingLines = (last: number | string | undefined) => {
    if ([...active.values()].some((a) => a.isUndo) || last === 'undo') return []
    const lines: string[] = []
    plan?.stages.forEach((stage, s) => {
      stage.steps.forEach((step, i) => {
        const key = `${s}.${i}.false`
        if (over.has(key) || active.has(key)) return
        lines.push(paint.dim(row(labelOf(s, last), signs.pending, describeStep(step))))
        last = s
      })
    })
    return lines
  }
  const onStep = (event: StepEvent) => {
    const key = `${event.stage}.${event.step}.${event.isUndo}`
    if (event.state === 'started') {
      const { stage, isUndo } = event
      active.set(key, { key, stage, isUndo, text: cleanLine(event.text), since: now() })
      return
    }
    active.delete(key)
    over.add(key)
    const stage = event.isUndo ? 'undo' : event.stage
    print(row(labelOf(stage, lastStage), signOf(event, look), cleanLine(event.text), event.ms))
    lastStage = stage
    if (event.state === 'done' && event.error) remark(`${cleanLine(event.error.message)}; the run goes on`)
  }

  write('\x1b[?25l')
  const timer = setInterval(() => {
    frame += 1
    draw()
  }, TICK_MS)
  // The cursor comes back however the program ends.
  const showCursor = () => write('\x1b[?25h')
  process.once('exit', showCursor)
  return {
    event(event) {
      run = event.run
      if (event.type === 'start') {
        plan = event.plan
        began = Math.min(now(), Date.parse(event.at) || now())
        if (isTitled) print(`${titleOf(event.plan, look)}\n`)
      }
      if (event.type === 'step') onStep(event)
      if (event.type === 'line') {
        const step = active.get(`${event.stage}.${event.step}.false`) ?? active.get(`${event.stage}.${event.step}.true`)
        if (step) step.line = cleanLine(event.text)
      }
      if (event.type === 'recovered') remark(recoveredText(event))
      if (event.type === 'suspended') remark(SUSPENDED)
      draw()
    },
    note(text) {
      remark(text)
      draw()
    },
    close() {
      if (isClosed) return
      isClosed = true
      clearInterval(timer)
      process.off('exit', showCursor)
      write(erase())
      showCursor()
    },
  }
}

function signOf({ state, isUndo, error }: StepEvent, { paint, signs }: Look): string {
  if (state === 'failed') return paint.red(signs.failed)
  if (error) return paint.yellow(signs.failed)
  return isUndo ? paint.yellow(signs.undone) : paint.green(signs.ok)
}
