import { writeDotenv } from '../lib/env/dotenv.ts'
import { innerValues } from '../lib/inner-values.ts'
import type { App, EnvEntry, EnvGroup } from '../model/app.ts'
import type { Value } from '../model/value.ts'
import { firstError, readManifest, type Where } from './read-manifest.ts'

/** The contract as data: what an app wants of whoever runs it. Holds no value that is secret. */
export interface ContractAnswer {
  app: string
  environment: string
  variables: EnvEntry[]
  groups: EnvGroup[]
}

/** Read from the manifest alone; needs no daemon. */
export async function readContract(where: Where): Promise<ContractAnswer> {
  const { app, findings } = await readManifest(where)
  if (!app) throw firstError(findings)
  const variables = [...app.contract].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { app: app.name, environment: app.environment.name, variables, groups: app.groups ?? [] }
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

export function contractLines({ variables, groups }: Pick<ContractAnswer, 'variables' | 'groups'>): ContractLine[] {
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

/** `.env.example`: what must be given has its line, everything else a line that can be taken in. */
export function sampleText({ name }: Pick<App, 'name'>, answer: ContractAnswer): string {
  const lines = [
    `# Variables of ${name}, as its manifest declares them. Written by \`landfall env sample\`.`,
    '# Copy it to .env, fill it in, keep it out of git, and give it to Landfall: landfall env import .env',
    '',
  ]
  const texts = contractLines(answer)
  answer.variables.forEach((entry, i) => {
    const line = texts[i]
    if (entry.isKeptOut || !line) return
    const needed = entry.isRequired && fromText(entry) === ''
    const said = [
      needed ? 'required' : line.needed === 'no' || line.needed === 'yes' ? '' : line.needed,
      line.rules,
      entry.default ? `default: ${line.from}` : line.from,
    ]
    for (const comment of [line.about, said.filter(Boolean).join(' · ')]) if (comment) lines.push(`# ${oneLine(comment)}`)
    const text = !entry.isSecret && entry.default?.type === 'text' ? entry.default.text : ''
    const assignment = writeDotenv(entry.name, text.includes('\n') ? '' : text)
    lines.push(`${needed ? '' : '# '}${assignment}`, '')
  })
  return `${lines.join('\n').trimEnd()}\n`
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, ' ')
