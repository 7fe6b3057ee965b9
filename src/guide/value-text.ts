import type { Value } from '../model/value.ts'

/** A value as people say it. Secrets and what is stored stay names. */
export function valueText(value: Value): string {
  switch (value.type) {
    case 'text':
      return value.text
    case 'stored':
      return `\${${value.name}}`
    case 'output':
      return `\${${value.resource}.${value.field}}`
    case 'address':
      return `\${${value.component}.${value.part === 'hostport' ? 'address' : `address.${value.part}`}}`
    case 'route':
      return `\${${value.component ?? 'routes'}.${value.part}}`
    case 'instance':
      return `\${${value.field === 'port' ? 'PORT' : value.field}}`
    case 'volume':
      return `\${${value.volume}.path}`
    case 'join':
      return value.parts.map(valueText).join('')
    case 'url-part':
      return `\${${valueText(value.url).replace(/^\$\{(.*)\}$/, '$1')}, its ${value.part}}`
    case 'url-text':
      return valueText(value.of)
    case 'if-set':
      return valueText(value.value)
  }
}

/** A command as one types it: words with blanks or quotes in quotes. */
export function commandText(command: Value[]): string {
  return command.map((word) => quoted(valueText(word))).join(' ')
}

export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./${}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** What a value leans on: names of resources and components. */
export function leansOn(value: Value): { resource?: string; component?: string }[] {
  switch (value.type) {
    case 'join':
      return value.parts.flatMap(leansOn)
    case 'output':
      return [{ resource: value.resource }]
    case 'volume':
      return [{ resource: value.volume }]
    case 'address':
      return [{ component: value.component }]
    default:
      return []
  }
}
