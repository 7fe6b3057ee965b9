import { isSecretName } from '../../manifest/secret-words.ts'
import type { App, Component } from '../../model/app.ts'
import type { Entry } from '../../model/target.ts'
import type { Value } from '../../model/value.ts'
import { type ValueWords, valueText } from '../../translate/value-text.ts'
import { type Variable, variablesOf } from '../../translate/variables.ts'
import { type Draft, escaped, mountPath, portOf } from './draft.ts'
import { outputText } from './write-resources.ts'

/** `environment` of a component's service; names of `.env` are noted on the way, and every key of the contract gets its verdict. */
export function environmentOf(draft: Draft, component: Component): Record<string, string | null> {
  const environment: Record<string, string | null> = {}
  if (component.type === 'web') environment.PORT = String(portOf(component))
  for (const variable of variablesOf(draft.app, component)) {
    const name = variable.entry.as?.compose ?? variable.name
    environment[name] = environmentText(draft, component, variable)
    judge(draft, component, variable)
  }
  return environment
}

function environmentText(draft: Draft, component: Component, variable: Variable): string | null {
  const { name, value } = variable
  if (variable.kind === 'optional') {
    ask(draft, variable, false)
    // Without a value: what .env or the shell has, and nothing where they have none.
    return null
  }
  if (variable.kind !== 'given' || !value) {
    ask(draft, variable, true)
    return asked(variable)
  }
  // What a person could set stays settable.
  if (value.type === 'text' && !/[$}]/.test(value.text)) return `\${${name}:-${value.text}}`
  return textOf(draft, component, value) ?? ''
}

/** `${NAME:?what it is}`: compose refuses to start without it. */
function asked({ name, entry }: Variable): string {
  const about = (entry.about ?? `${name} must be set in .env`).replace(/[{}$\n]/g, ' ').slice(0, 120)
  return `\${${name}:?${about}}`
}

function ask(draft: Draft, variable: Variable, isRequired: boolean): void {
  const { name, entry } = variable
  if (draft.env.has(name)) return
  const { generate } = entry
  const make =
    generate &&
    {
      hex: `openssl rand -hex ${generate.length}`,
      base64: `openssl rand -base64 ${generate.length}`,
      password: `openssl rand -hex ${Math.ceil(generate.length / 2)}`,
      uuid: 'uuidgen',
    }[generate.kind]
  const about = [
    entry.about,
    entry.onRotate && `when it changes: ${entry.onRotate}`,
    entry.minLength && `at least ${entry.minLength} characters`,
  ]
  draft.env.set(name, { name, about: about.filter((a) => typeof a === 'string'), isRequired, ...(make && { make }) })
}

/** A value in compose's words; undefined where it has none. */
export function textOf(draft: Draft, component: Component, value: Value, depth = 0): string | undefined {
  const { app } = draft
  const words: ValueWords = {
    text: ({ text }) => escaped(text),
    stored({ name }) {
      const variable = variableFor(app, component, name)
      // One variable in another: its value stands in its place.
      if (variable.kind === 'given' && variable.value && variable.value.type !== 'text' && depth < 20)
        return textOf(draft, component, variable.value, depth + 1)
      if (variable.kind === 'given' && variable.value?.type === 'text')
        return /[$}]/.test(variable.value.text) ? escaped(variable.value.text) : `\${${name}:-${variable.value.text}}`
      ask(draft, variable, variable.kind !== 'optional')
      return variable.kind === 'optional' ? `\${${name}:-}` : asked(variable)
    },
    output: ({ resource, field }) => outputText(draft, resource, field),
    address({ component: name, part }) {
      const port = String(portOf(app.components.find((c) => c.name === name) ?? component))
      return { host: name, port, hostport: `${name}:${port}`, url: `http://${name}:${port}` }[part]
    },
    route: (route) => routeText(app, route),
    instance({ field }) {
      if (field === 'port') return String(portOf(component))
      if (field === 'version') return escaped(app.version ?? '')
      return undefined
    },
    volume: ({ volume }) => mountPath(component, volume),
  }
  return valueText(value, words)
}

function variableFor(app: App, component: Component, name: string): Variable {
  const entry =
    app.contract.find((e) => e.name === name && e.components.includes(component.name)) ??
    app.contract.find((e) => e.name === name)
  const is = entry ?? { name, components: [], isRequired: true, isSecret: true, when: 'run' as const, at: '' }
  const kind = is.default ? 'given' : is.generate ? 'generate' : is.isRequired ? 'ask' : 'optional'
  return { name, entry: is, kind, isSecret: is.isSecret, ...(is.default && { value: is.default }) }
}

/** What the world calls the app: with https, which whoever stands in front of this machine has to bring. */
function routeText(app: App, value: Extract<Value, { type: 'route' }>): string | undefined {
  const own = value.component ? app.routes.filter((r) => r.to === value.component) : app.routes
  const [first] = own
  if (!first) return undefined
  const hosts = [...new Set(own.map((r) => r.host))]
  switch (value.part) {
    case 'url':
      return `https://${first.host}${first.path === '/' ? '' : first.path}`
    case 'host':
      return first.host
    case 'hosts':
      return hosts.join(',')
    case 'origins':
      return hosts.map((h) => `https://${h}`).join(',')
    case 'cookieDomain':
      return commonDomain(hosts)
  }
}

function commonDomain(hosts: string[]): string {
  const [first = '', ...rest] = hosts
  let domain = first
  while (domain !== '' && !rest.every((h) => h === domain || h.endsWith(`.${domain}`)))
    domain = domain.split('.').slice(1).join('.')
  return domain || first
}

const UNCHECKED = 'compose looks at nothing but whether a variable is set'
/** A verdict for every key that the manifest has on a variable. */
function judge(draft: Draft, component: Component, variable: Variable): void {
  const entry = draft.context.variable(component.name, variable.name)
  const to = `services.${component.name}.environment.${variable.name}`
  const text = variable.value ? textOf(draft, component, variable.value) : ''
  const given = (at: Entry) => {
    if (text === undefined) at.lost('compose knows no such fact of an instance', 'let the program do without it')
    else if (variable.value?.type === 'text') at.kept(to)
    else at.changed(`the value is composed: ${text.replace(/:\?[^}]*\}/g, '}').slice(0, 80)}`)
  }
  if (typeof entry.value !== 'object') {
    given(entry)
    return
  }
  // `NAME: {}` says nothing but that there is such a variable.
  if (entry.value !== null && Object.keys(entry.value).length === 0) entry.kept(to)
  given(entry.get('default'))
  given(entry.get('from'))
  entry.get('required').kept(to)
  if (isSecretName(variable.name) || variable.kind === 'given') entry.get('secret').kept('.env, which is not committed')
  else entry.get('secret').changed('its value stands in .env, like every other; its name says nothing of a secret')
  if (variable.kind === 'ask' || variable.kind === 'generate') entry.get('about').kept(`${to}, as the message without it`)
  else entry.get('about').changed('a comment')
  entry.get('generate').changed('compose makes no values: a command for it stands in .env.example')
  entry.get('onRotate').changed('a comment in .env.example')
  entry.get('when').kept()
  for (const key of ['minLength', 'pattern', 'type', 'values', 'requiredIf'])
    entry.get(key).lost(UNCHECKED, 'let the program look at it when it starts')
  for (const as of entry.get('as').entries()) as.kept(as.key === 'compose' ? to : 'is about another platform')
}
