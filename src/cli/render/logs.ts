import type { LogLine } from '../../model/plug.ts'
import { cleanLine } from './clean.ts'
import { localTime } from './duration.ts'
import type { Look } from './look.ts'
import { padEnd } from './width.ts'

/** Lines of components side by side: who said it stands in front, in a colour of its own. */
export function logRenderer({ paint, signs, isTerminal }: Look): (line: LogLine) => string {
  const colours = [paint.cyan, paint.magenta, paint.green, paint.yellow, paint.blue, paint.red]
  const colourOf = new Map<string, (text: string) => string>()
  let width = 0
  return ({ at, component, release, instance, step, text }) => {
    const who = `${component}.${step ?? instance}`
    // By order of appearance, so that two components never share a colour while there are colours left.
    if (!colourOf.has(component)) colourOf.set(component, colours[colourOf.size % colours.length] ?? paint.cyan)
    if (!isTerminal) return `${at} ${who} ${release} ${cleanLine(text)}`
    width = Math.max(width, who.length)
    return `${paint.dim(localTime(at))} ${colourOf.get(component)?.(padEnd(who, width))} ${paint.dim(signs.bar)} ${cleanLine(text)}`
  }
}
