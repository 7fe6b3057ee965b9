import type { EnvInput } from '../../manifest/partial.ts'
import { isSecretName } from '../../manifest/secret-words.ts'
import type { Entry } from '../../model/target.ts'
import { askedInput, isVariableName, literalInput, RESERVED } from '../../translate/hosted/read-text.ts'
import type { Node, Reading } from './read.ts'
import { fieldOf } from './values.ts'

/** A group is given to every service: its variables stand at the top. */
export function readSecretGroup(reading: Reading, { spec }: Node): void {
  const env: Record<string, EnvInput> = {}
  for (const key of ['name', 'type', 'secretType', 'priority', 'description'] as const)
    spec.get(key).changed('one environment has all of it')
  spec.get('restrictions').lost('variables at the top are for all components', 'move them to the components that read them')
  for (const addon of spec.get('addonDependencies').items()) readAliases(reading, addon, env)
  for (const variable of spec.get('secrets', 'variables').entries()) readVariable(reading, variable, env)
  spec.get('secrets', 'files').lost('files come with the source', 'env: { NAME: { delivery: … } }')
  if (Object.keys(env).length > 0) reading.manifest.env = { ...reading.manifest.env, ...env }
}

function readAliases(reading: Reading, addon: Entry, env: Record<string, EnvInput>): void {
  const ref = /^\$\{refs\.([\w-]+)\.id\}$/.exec(addon.get('addonId').text() ?? '')?.[1]
  const known = reading.refs.get(ref ?? addon.get('addonId').text() ?? '')
  addon.get('addonId').changed('the resource')
  for (const key of addon.get('keys').items()) {
    const name = key.get('keyName').text() ?? ''
    const field = known && known.type !== 'component' && known.type !== 'other' ? fieldOf(known.type, name) : undefined
    const aliases = key.get('aliases').items()
    for (const alias of aliases.length > 0 ? aliases : [key.get('keyName')]) {
      const variable = alias.text() ?? ''
      if (field === undefined || !known)
        alias.lost('no output of a resource is that', `landfall env set ${isVariableName(variable) ? variable : 'NAME'}`)
      else if (variable.startsWith('LANDFALL_')) alias.changed('only the entrypoint of an export reads it')
      else if (!isVariableName(variable) || RESERVED.test(variable)) alias.lost('no variable that could be set')
      else {
        env[variable] = { from: `${known.name}.${field}` }
        alias.kept(`env.${variable}`)
      }
    }
    key.get('keyName').changed(field === undefined ? 'no output of a resource' : `${known?.name}.${field}`)
  }
}

/** One variable of a service or a group. */
export function readVariable(reading: Reading, entry: Entry, env: Record<string, EnvInput>): void {
  const name = entry.key
  if (name.startsWith('LANDFALL_')) {
    entry.changed('only the entrypoint of an export reads it')
    return
  }
  if (RESERVED.test(name) || !isVariableName(name)) {
    entry.lost('no variable that could be set')
    return
  }
  const input = inputOf(reading, entry, name)
  env[name] = input
  if (typeof input === 'object' && input.required === true)
    reading.steps.set(name, { title: `set ${name}`, commands: [`landfall env set ${name}`] })
}

function inputOf(reading: Reading, entry: Entry, name: string): EnvInput {
  const text = entry.text()
  if (text === undefined) {
    entry.lost('no text', `landfall env set ${name}`)
    return askedInput(name)
  }
  const random = /^\$\{fn\.randomSecret\((\d{1,3})(?:,\s*'?(\w+)'?)?\)\}$/.exec(text)
  if (random) {
    const length = Math.min(256, Math.max(8, Number(random[1])))
    entry.changed(`generate: hex(${length})`)
    return { secret: true, generate: `hex(${length})` }
  }
  const argument = /^\$\{args\.(\w+)\}$/.exec(text)?.[1]
  if (argument !== undefined) {
    const literal = reading.args.get(argument).text()
    if (literal === undefined || literal === '' || literal.includes('${') || isSecretName(name)) {
      entry.kept(`env.${name}: it is asked for`)
      return askedInput(name)
    }
    const { input, isAsked } = literalInput(name, literal)
    entry.changed(isAsked ? 'it is asked for' : `what the argument ${argument} is`)
    return input
  }
  if (!text.includes('${')) {
    const { input, isAsked } = literalInput(name, text)
    if (isAsked) entry.changed('a secret stands in the file: it is asked for', `landfall env set ${name}`)
    else entry.kept(`env.${name}`)
    return isAsked ? input : withAddresses(reading, text.replaceAll('$', '$$$$'))
  }
  const said = withReferences(reading, text)
  if (said === undefined) {
    entry.lost('it refers to what is not known here', `landfall env set ${name}, or write a reference`)
    return askedInput(name)
  }
  const [, only] = /^\$\{([\w-]+\.\w+)\}$/.exec(said) ?? []
  entry.changed(only ?? 'put together of references')
  return only !== undefined ? { from: only } : said
}

const TOKEN = /\$\{([^}]*)\}/g
/** References of a template as those of a manifest; undefined where one of them is unknown. */
function withReferences(reading: Reading, text: string): string | undefined {
  let isKnown = true
  // Dollars of the text itself are doubled, apart from those that begin a reference.
  const plain = text.split(TOKEN).map((part, i) => {
    if (i % 2 === 0) return part.replaceAll('$', '$$$$')
    const reference = referenceOf(reading, part)
    if (reference === undefined) isKnown = false
    return `\${${reference ?? ''}}`
  })
  return isKnown && !/:[^/@\s$]{3,}@/.test(text) ? plain.join('') : undefined
}

function referenceOf(reading: Reading, token: string): string | undefined {
  const [, ref = '', rest = ''] = /^refs\.([\w-]+)\.(.+)$/.exec(token.trim()) ?? []
  const known = reading.refs.get(ref)
  if (!known || known.type === 'other') return undefined
  if (known.type === 'component') {
    const hasRoute = reading.manifest.routes?.some((r) => r.to === known.name) === true
    if (/^ports\.\d+\.dns$/.test(rest)) return hasRoute ? `${known.name}.host` : undefined
    return rest === 'id' && reading.manifest.components?.[known.name]?.type === 'web' ? `${known.name}.addressHost` : undefined
  }
  const field = fieldOf(known.type, /^credentials\.(\w+)$/.exec(rest)?.[1]?.toUpperCase() ?? '')
  return field === undefined ? undefined : `${known.name}.${field}`
}

/** `shop-server:8000` is how another service is reached. */
function withAddresses(reading: Reading, text: string): string {
  for (const [said, name] of reading.services) {
    const component = reading.manifest.components?.[name]
    if (component?.type !== 'web' || component.port === undefined || said === '') continue
    const at = `${said}:${component.port}`
    const place = text.indexOf(at)
    const isWhole = place >= 0 && !/[\w.-]/.test(text[place - 1] ?? ' ') && !/[\w.]/.test(text[place + at.length] ?? ' ')
    if (isWhole) return `${text.slice(0, place)}\${${name}.address}${text.slice(place + at.length)}`
  }
  return text
}
