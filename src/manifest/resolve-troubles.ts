import { show } from '../lib/show.ts'
import type { Trouble, TroubleCheck } from '../model/app.ts'
import type { Path } from './places.ts'
import { wordsOf } from './resolve-command.ts'
import { reportUnknown } from './resolve-names.ts'
import type { Manifest } from './schema.ts'
import { parseTemplate } from './template.ts'
import type { World } from './world.ts'

/** Commands that look and change nothing: a doctor must not operate. */
const LOOKING = [
  'check',
  'plan',
  'ps',
  'runs',
  'logs',
  'smoke',
  'mail test',
  'mail list',
  'env list',
  'env check',
  'backup list',
  'backup verify',
]

type Written = NonNullable<Manifest['troubles']>[number]

/** Known failures, each with how to tell whether it is this one. */
export function resolveTroubles(world: World): Trouble[] {
  return (world.manifest.troubles ?? []).map((written, i) => {
    const { symptom, see, cause, fix } = written
    const check = resolveTroubleCheck(world, ['troubles', i, 'check'], written.check)
    return { symptom, ...(see && { see }), cause, ...(check && { check }), ...(fix && { fix }) }
  })
}

function resolveTroubleCheck(world: World, at: Path, written: Written['check']): TroubleCheck | undefined {
  if (written === undefined) return undefined
  if (typeof written === 'string' && world.manifest.checks?.some((c) => c.name === written))
    return { type: 'check', name: written }
  const isMapping = typeof written === 'object' && !Array.isArray(written)
  const words = wordsOf(world, at, isMapping ? written.run : written)
  if (!words) return undefined
  const [program, ...args] = words
  if (program === 'landfall') {
    const name = LOOKING.find((n) => args.join(' ') === n || args.join(' ').startsWith(`${n} `))
    if (name) return { type: 'landfall', args }
    const message = `${show(`landfall ${args.join(' ')}`)} is not a command that only looks`
    world.remarks.error('E_COMMAND', at, message, `one of: ${LOOKING.join(', ')}`)
    return undefined
  }
  const reference = words.find((word) => {
    const template = parseTemplate(word)
    return 'problem' in template || template.parts.some((part) => part.type === 'reference')
  })
  if (reference !== undefined) {
    world.remarks.error(
      'E_REFERENCE',
      at,
      `${show(reference)} has a reference`,
      'the command finds its variables in its environment',
    )
    return undefined
  }
  const component = componentOf(world, at, isMapping ? written.in : undefined)
  return component === undefined ? undefined : { type: 'command', component, command: words }
}

/** The one that is named, or the only one that has a process to stand beside. */
function componentOf(world: World, at: Path, written: string | undefined): string | undefined {
  const all = [...world.components].filter(([, c]) => c.type !== 'static').map(([name]) => name)
  if (written !== undefined) {
    if (all.includes(written)) return written
    reportUnknown(world, [...at, 'in'], written, all, 'component that runs')
    return undefined
  }
  const [only] = all
  if (all.length === 1) return only
  const message = 'is a command, and does not say beside which component it runs'
  world.remarks.error('E_MISSING', at, message, `check: { run: …, in: ${only ?? 'web'} }; or the name of a check`)
  return undefined
}
