import { isKeptOut } from '../../lib/env/kept-out.ts'
import type { App, Component, Resource } from '../../model/app.ts'
import type { Entry } from '../../model/target.ts'
import type { Value } from '../../model/value.ts'
import { routeText } from '../../translate/image/shell.ts'
import { type Variable, variablesOf } from '../../translate/variables.ts'
import { type Draft, folderOf, type Mapping, needSecret, portOf, secretName } from './draft.ts'

export interface Environment {
  /** In the order in which they are listed: `$(NAME)` finds only what stands before it. */
  list: Mapping[]
  /** For a ConfigMap: nothing in it is looked into. */
  plain: Record<string, string>
}

/** Variables of a component's container. */
export function environmentOf(draft: Draft, component: Component): Environment {
  const { app } = draft
  const made: Environment = { list: [], plain: {} }
  for (const variable of variablesOf(app, component)) {
    if (isKeptOut(variable.entry, { environment: app.environment.name, target: 'kubernetes' })) continue
    writeVariable(draft, component, variable, made)
  }
  if (component.type === 'web' && made.plain.PORT === undefined) made.plain.PORT = String(portOf(component))
  return made
}

function writeVariable(draft: Draft, component: Component, variable: Variable, made: Environment): void {
  const { name, entry, kind, value } = variable
  const place = draft.context.variable(component.name, name)
  const planned = draft.images.get(component.name)?.plan.variables.find((v) => v.entry === entry || v.entry.name === name)
  const own = secretName(draft.app)
  const key = entry.as?.kubernetes ?? name
  if (!draft.images.has(component.name)) loseRules(place)
  if (key !== name) place.get('as').changed(`the key of the Secret is ${key}`)
  else place.get('as').lost('it is for other platforms')
  if (kind !== 'given' || value === undefined) {
    const isOptional = kind === 'optional'
    needSecret(draft, own, key, { isOptional, ...(entry.generate && { make: makerOf(entry.generate) }) })
    made.list.push(fromSecret(name, own, key, isOptional))
    if (entry.generate) place.changed('a Secret, made once by a command', `kubectl create secret generic ${own}`)
    else place.kept('secretKeyRef')
    return
  }
  const pieces: Pieces = { before: [] }
  const text = entry.isSecret && value.type === 'text' ? undefined : textOf(draft, component, value, pieces)
  if (text !== undefined && pieces.before.length === 0 && pieces.ref === undefined) {
    if (made.plain[name] === undefined) made.plain[name] = text
    if (value.type === 'text') place.kept('ConfigMap')
    else place.changed('the value that it has in this environment')
    return
  }
  if (pieces.ref && text === '') {
    made.list.push({ name, ...pieces.ref })
    place.changed('a key of a Secret')
    return
  }
  if (text !== undefined) {
    for (const one of pieces.before) if (!made.list.some((e) => e.name === one.name)) made.list.push(one)
    made.list.push({ name, value: textOf(draft, component, value, { before: [], isEscaped: true }) ?? '' })
    place.changed('put together of variables before it')
    return
  }
  // The image puts it together when it starts, of what it finds there.
  if (planned?.from.type === 'composed') return
  needSecret(draft, own, key)
  made.list.push(fromSecret(name, own, key, false))
  place.changed(`a key of the Secret ${own}: nobody else knows the value there`)
}

/** Only an entrypoint of ours looks at values, or puts them into files. */
function loseRules(place: Entry): void {
  for (const rule of ['minLength', 'pattern', 'type', 'values', 'requiredIf'] as const)
    place.get(rule).lost('Kubernetes looks at no values')
  place.get('delivery').lost('it comes as a variable', 'a volume of type secret, where the program reads a file')
}

const fromSecret = (name: string, secret: string, key: string, isOptional: boolean): Mapping => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key, ...(isOptional && { optional: true }) } },
})

interface Pieces {
  /** Variables that must stand before it. */
  before: Mapping[]
  /** The whole of it is a key of a Secret. */
  ref?: Mapping
  /** Where `$(NAME)` is looked for, a `$` is written twice. */
  isEscaped?: true
  /** A command may name every variable; a variable only those that are listed before it, and none of a ConfigMap. */
  isCommand?: true
}

/** A value as the cluster says it, with `$(NAME)` for secrets. Undefined: nobody there knows it. */
function textOf(draft: Draft, component: Component, value: Value, pieces: Pieces): string | undefined {
  const { app } = draft
  switch (value.type) {
    case 'text':
      return literal(value.text, pieces)
    case 'join': {
      const parts = value.parts.map((part) => textOf(draft, component, part, pieces))
      if (pieces.ref !== undefined) return undefined
      return parts.every((p) => p !== undefined) ? parts.join('') : undefined
    }
    case 'stored': {
      const entry = app.contract.find((e) => e.name === value.name)
      if (entry?.default?.type === 'text' && !entry.isSecret) return literal(entry.default.text, pieces)
      needSecret(draft, secretName(app), value.name)
      pieces.before.push(fromSecret(value.name, secretName(app), value.name, false))
      return `$(${value.name})`
    }
    case 'output':
      return outputText(draft, value.resource, value.field, pieces)
    case 'address': {
      const other = app.components.find((c) => c.name === value.component)
      if (!other) return undefined
      const port = portOf(other)
      return { host: other.name, port: String(port), hostport: `${other.name}:${port}`, url: `http://${other.name}:${port}` }[
        value.part
      ]
    }
    case 'route':
      return routeText(value, {
        hosts: (of) => [...new Set(app.routes.filter((r) => of === undefined || r.to === of).map((r) => r.host))],
      })
    case 'instance':
      return value.field === 'port'
        ? pieces.isCommand
          ? '$(PORT)'
          : String(portOf(component))
        : value.field === 'version'
          ? (app.version ?? '')
          : undefined
    case 'volume':
      return folderOf(draft, component, value.volume)
    default:
      return undefined
  }
}

const literal = (text: string, { isEscaped }: Pieces): string => (isEscaped ? text.replaceAll('$', '$$$$') : text)

/** Servers of the cluster itself: what somebody else runs is a Secret with its address. */
export function isOwnServer({ type, options }: Resource): boolean {
  return (type === 'postgres' || type === 'redis') && options.url === undefined
}
export const passwordSecret = (app: App, resource: string): string => `${app.name}-${resource}`

function outputText(draft: Draft, name: string, field: string, pieces: Pieces): string | undefined {
  const { app, choices } = draft
  const resource = app.resources.find((r) => r.name === name)
  if (!resource || !isOwnServer(resource)) {
    const url = resource?.options.url
    if (field !== 'url' || typeof url !== 'object' || url === null || !('env' in url) || typeof url.env !== 'string')
      return undefined
    needSecret(draft, secretName(app), url.env)
    pieces.ref = { valueFrom: { secretKeyRef: { name: secretName(app), key: url.env } } }
    return ''
  }
  if (resource.type === 'redis') return { host: name, port: '6379', url: `redis://${name}:6379` }[field]
  if (choices.isCnpg) {
    const key = { url: 'uri', host: 'host', port: 'port', user: 'user', password: 'password', database: 'dbname' }[field]
    if (key === undefined) return undefined
    pieces.ref = { valueFrom: { secretKeyRef: { name: `${name}-app`, key } } }
    return ''
  }
  const known = { host: name, port: '5432', user: 'app', database: 'app' }[field]
  if (known !== undefined) return known
  const secret = passwordSecret(app, name)
  needSecret(draft, secret, 'password', { make: 'openssl rand -hex 24' })
  if (field === 'password') {
    pieces.ref = { valueFrom: { secretKeyRef: { name: secret, key: 'password' } } }
    return ''
  }
  if (field !== 'url') return undefined
  const variable = `${name.toUpperCase().replace(/\W/g, '_')}_SERVER_PASSWORD`
  pieces.before.push(fromSecret(variable, secret, 'password', false))
  return `postgres://app:$(${variable})@${name}:5432/app`
}

function makerOf({ kind, length }: { kind: string; length: number }): string {
  if (kind === 'uuid') return 'uuidgen'
  return kind === 'hex' ? `openssl rand -hex ${length}` : `openssl rand -base64 ${length}`
}

/** Words of a command; undefined where only an instance of Landfall knows one of them. */
export function wordsOf(draft: Draft, component: Component, command: readonly Value[]): string[] | undefined {
  const words = command.map((value) => {
    const pieces: Pieces = { before: [], isEscaped: true, isCommand: true }
    const text = textOf(draft, component, value, pieces)
    return pieces.ref === undefined ? text : undefined
  })
  return words.every((w) => w !== undefined) ? words : undefined
}
