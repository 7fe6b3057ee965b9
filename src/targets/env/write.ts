import { isKeptOut } from '../../lib/env/kept-out.ts'
import { isAsked, oncePerName, sampleText } from '../../lib/env/sample.ts'
import { LandfallError } from '../../lib/error.ts'
import { show } from '../../lib/show.ts'
import type { App, EnvEntry } from '../../model/app.ts'
import type { ManualStep, WriteContext, Written } from '../../model/target.ts'
import { placeOf } from '../../translate/image/mark-image.ts'
import { writtenBy } from '../../translate/written-by.ts'

/** The contract as a file to be filled in. Throws E_USAGE for a format that is none. */
export async function write(app: App, context: WriteContext): Promise<Written> {
  const { format = 'env', for: target } = context.options
  if (format !== 'env' && format !== 'yaml')
    throw new LandfallError({ code: 'E_USAGE', message: `${show(format)} is no format of it`, hint: 'format=env or format=yaml' })
  const variables = app.contract.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const isLeftOut = (entry: EnvEntry) =>
    target === undefined ? entry.isKeptOut === true : isKeptOut(entry, { environment: app.environment.name, target })
  const nameOf = (entry: EnvEntry) => (target === undefined ? undefined : entry.as?.[target]) ?? entry.name
  const file = format === 'env' ? '.env.example' : 'env.example.yaml'
  const head = [
    writtenBy('env'),
    `Variables of ${app.name}${target === undefined ? '' : `, as ${target} calls them`}. Fill in a copy, and keep that out of git.`,
  ]
  const text = sampleText(app, { variables, groups: app.groups ?? [] }, { head, format, nameOf, isLeftOut })
  mark(app, context, { target, isLeftOut, nameOf, lines: oncePerName(variables, { nameOf, isLeftOut }) })
  return { files: { [file]: { text } }, steps: stepsOf(variables, isLeftOut, file, format) }
}

function stepsOf(variables: EnvEntry[], isLeftOut: (e: EnvEntry) => boolean, file: string, format: string): ManualStep[] {
  const asked = variables.filter((e) => isAsked(e) && !isLeftOut(e))
  const own = format === 'env' ? '.env' : 'env.local.yaml'
  const text = asked.length > 0 ? `It needs ${asked.map((e) => e.name).join(', ')}.` : 'Everything in it has a value already.'
  return [{ title: 'fill it in', commands: [`umask 077; cp ${file} ${own}`, `landfall env import ${own}`], text }]
}

interface Told {
  target: string | undefined
  isLeftOut(entry: EnvEntry): boolean
  nameOf(entry: EnvEntry): string
  /** Those that have a line. */
  lines: EnvEntry[]
}

function mark(app: App, context: WriteContext, told: Told): void {
  const { manifest } = context
  const where = told.target === undefined ? 'this environment' : told.target
  for (const entry of app.contract) {
    const place = placeOf(entry, context)
    if (told.isLeftOut(entry)) {
      place.changed(`has no business in ${where}, so it is not in the file`)
      continue
    }
    const name = told.nameOf(entry)
    if (!told.lines.includes(entry)) {
      place.changed('another component has this name too: a file of variables has one line for it')
      continue
    }
    if (name !== entry.name) place.changed(`is called ${name} there`)
    else if (entry.default === undefined || (entry.default.type === 'text' && !entry.default.text.includes('\n')))
      place.kept(name)
    else if (entry.default.type === 'text') place.changed('of several lines: a comment shows it')
    else place.changed('a comment says where its value comes from')
    for (const key of place.entries()) {
      if (['required', 'default', 'secret', 'generate', 'minLength', 'about'].includes(key.key)) continue
      if (key.key === 'from') key.changed('a comment says where its value comes from')
      else if (key.key === 'delivery') key.lost('such a file holds variables, and no files')
      else key.changed('a comment says so: the file itself has no rules')
    }
    if (entry.onRotate !== undefined) place.get('about').changed('a comment, with what happens when it changes')
    if (entry.isSecret && entry.default?.type === 'text')
      place.get('default').changed('a secret: its value stays out of the file')
    if (entry.isRequired && !isAsked(entry)) place.get('required').changed('it has a value already')
    if (place.get('generate').isThere)
      place.get('generate').changed('a comment: a file makes no values', 'landfall env makes them')
  }
  for (const group of manifest.get('groups').entries()) group.changed('a comment of each of its variables')
  for (const key of [
    'app',
    'version',
    'engine',
    'components',
    'resources',
    'routes',
    'checks',
    'keep',
    'backup',
    'troubles',
    'protect',
  ])
    manifest.get(key).lost('such a file holds variables alone')
}
