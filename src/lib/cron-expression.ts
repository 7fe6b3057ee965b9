import { Cron } from 'croner'

/** Why a text is no cron expression of five fields, in words; undefined where it is one that fires some day. */
export function cronProblem(expression: string): string | undefined {
  try {
    if (/^@reboot$/i.test(expression.trim())) return 'names a moment that never comes for an app: @reboot'
    const next = firingAfter(expression, 'UTC', 0)
    return next === undefined ? 'names a day that no calendar has' : undefined
  } catch (error) {
    // croner names the field and the value; its own name in front says nothing to a person.
    return `is no cron expression: ${lowerFirst(error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error))}`
  }
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false // The only thing that it throws for.
  }
}

/** Milliseconds since the epoch of the first firing after `afterMs`, by the clocks of `timeZone`. */
export function firingAfter(expression: string, timeZone: string, afterMs: number): number | undefined {
  const cron = new Cron(expression, { mode: '5-part', timezone: timeZone, paused: true })
  return cron.nextRun(new Date(afterMs))?.getTime()
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
