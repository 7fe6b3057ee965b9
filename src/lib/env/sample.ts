import type { App, EnvEntry, EnvGroup } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'
import { innerValues } from '../inner-values.ts'
import { writeDotenv } from './dotenv.ts'

export interface Contract {
  variables: EnvEntry[]
  groups: EnvGroup[]
}

/** What a person reads of a variable, each in a few words. */
export interface ContractLine {
  name: string
  needed: string
  /** Where its value comes from when nobody sets one. */
  from: string
  rules: string
  components: string
  about: string
}

export function contractLines({ variables, groups }: Contract): ContractLine[] {
  return variables.map((entry) => ({
    name: entry.name,
    needed: neededText(entry, groups),
    from: fromText(entry),
    rules: rulesOf(entry).join(', '),
    components: entry.components.join(', '),
    about: [entry.about, entry.onRotate && `when it changes: ${entry.onRotate}`].filter(Boolean).join('; '),
  }))
}

function neededText(entry: EnvEntry, groups: EnvGroup[]): string {
  const own = groups.filter((g) => g.names.includes(entry.name)).map((g) => g.name)
  if (entry.isKeptOut) return 'not here'
  if (entry.isRequired) return 'yes'
  if (entry.requiredIf) {
    const { name, value } = entry.requiredIf
    return value === undefined ? `with ${name}` : `if ${name}=${value}`
  }
  return own.length > 0 ? `group ${own.join(', ')}` : 'no'
}

function fromText({ default: value, generate, source }: EnvEntry): string {
  if (generate) return generate.kind === 'uuid' ? 'generate: uuid' : `generate: ${generate.kind}(${generate.length})`
  if (source?.type === 'file') return `file ${source.path}`
  if (source?.type === 'command') return `command ${source.command.join(' ')}`
  if (source?.type === 'variable') return `variable ${source.name}`
  if (!value) return ''
  return value.type === 'text' ? JSON.stringify(value.text) : describeValue(value)
}

function kindText({ type, values }: EnvEntry): string[] {
  if (!type || !values) return type ? [type] : []
  return [`${type === 'list' ? 'list of' : 'one of'} ${values.join(' ')}`]
}

function rulesOf(entry: EnvEntry): string[] {
  return [
    ...(entry.isSecret ? ['secret'] : []),
    ...(entry.isPublic ? ['public'] : []),
    ...kindText(entry),
    ...(entry.minLength !== undefined ? [`at least ${entry.minLength} characters`] : []),
    ...(entry.pattern !== undefined ? [`matches ${entry.pattern}`] : []),
    ...(entry.when !== 'run' ? [entry.when === 'build' ? 'built in' : 'built in and at run time'] : []),
    ...(entry.delivery ? [`as file ${entry.delivery.name}`] : []),
    ...(entry.only ? [`only ${entry.only.join(' ')}`] : []),
    ...(entry.forbidden ? [`not ${entry.forbidden.join(' ')}`] : []),
    ...Object.entries(entry.as ?? {}).map(([target, name]) => `${name} on ${target}`),
  ]
}

/** A value as the manifest would name it. */
function describeValue(value: Value): string {
  switch (value.type) {
    case 'text':
      return value.text
    case 'output':
      return `${value.resource}.${value.field}`
    case 'route':
      return `${value.component ?? 'routes'}.${value.part}`
    case 'address':
      return `${value.component}.${ADDRESS[value.part]}`
    case 'stored':
      return value.name
    case 'volume':
      return `${value.volume}.path`
    case 'instance':
      return value.field === 'port' ? 'PORT' : value.field
    default:
      return innerValues(value)
        .map((v) => (v.type === 'text' ? v.text : `\${${describeValue(v)}}`))
        .join('')
  }
}
const ADDRESS = { host: 'addressHost', port: 'port', hostport: 'address', url: 'address' } as const

export interface SampleStyle {
  /** The first lines, without their `#`. */
  head: string[]
  /** `yaml`: a mapping of names to texts. */
  format: 'env' | 'yaml'
  /** What a variable is called there. */
  nameOf(entry: EnvEntry): string
  isLeftOut(entry: EnvEntry): boolean
}

/** `.env.example`: what must be given has its line, everything else a line that can be taken in. */
export function sampleText({ name }: Pick<App, 'name'>, contract: Contract, style: SampleStyle = ofCommand(name)): string {
  const lines = [...style.head.map((h) => `# ${h}`), '']
  const variables = oncePerName(contract.variables, style)
  const texts = contractLines({ ...contract, variables })
  variables.forEach((entry, i) => {
    const line = texts[i]
    if (!line) return
    const needed = isAsked(entry)
    const said = [
      needed ? 'required' : line.needed === 'no' || line.needed === 'yes' ? '' : line.needed,
      line.rules,
      entry.default ? `default: ${line.from}` : line.from,
    ]
    for (const comment of [line.about, said.filter(Boolean).join(' · ')]) if (comment) lines.push(`# ${oneLine(comment)}`)
    const whole = !entry.isSecret && entry.default?.type === 'text' ? entry.default.text : ''
    const text = whole.includes('\n') ? '' : whole
    const own = style.nameOf(entry)
    const assignment = style.format === 'yaml' ? `${own}: ${JSON.stringify(text)}` : writeDotenv(own, text)
    lines.push(`${needed ? '' : '# '}${assignment}`, '')
  })
  if (style.format === 'yaml' && variables.length === 0) lines.push('{}')
  return `${lines.join('\n').trimEnd()}\n`
}

/** Components may declare one name each for themselves: the one that must be given is the one to fill in. */
export function oncePerName(variables: EnvEntry[], { nameOf, isLeftOut }: Pick<SampleStyle, 'nameOf' | 'isLeftOut'>): EnvEntry[] {
  const found = new Map<string, EnvEntry>()
  for (const entry of variables.filter((v) => !isLeftOut(v))) {
    const there = found.get(nameOf(entry))
    if (!there || (isAsked(entry) && !isAsked(there))) found.set(nameOf(entry), entry)
  }
  return [...found.values()]
}

/** Whether nobody but a person can say its value. */
export const isAsked = (entry: EnvEntry): boolean => entry.isRequired && fromText(entry) === ''

function ofCommand(app: string): SampleStyle {
  return {
    head: [
      `Variables of ${app}, as its manifest declares them. Written by \`landfall env sample\`.`,
      'Copy it to .env, fill it in, keep it out of git, and give it to Landfall: landfall env import .env',
    ],
    format: 'env',
    nameOf: (entry) => entry.name,
    isLeftOut: (entry) => entry.isKeptOut === true,
  }
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, ' ')
