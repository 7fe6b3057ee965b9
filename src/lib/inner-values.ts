import type { Value } from '../model/value.ts'

/** The values that one is made of; none for most. */
export function innerValues(value: Value): Value[] {
  switch (value.type) {
    case 'join':
      return value.parts
    case 'url-part':
      return [value.url]
    case 'url-text':
      return [value.of]
    case 'if-set':
      return value.otherwise ? [value.value, value.otherwise] : [value.value]
    default:
      return []
  }
}

/** The same kind of value, made of what `map` gives for its inner ones. */
export function mapInner(value: Value, map: (v: Value) => Value): Value {
  switch (value.type) {
    case 'join':
      return { ...value, parts: value.parts.map(map) }
    case 'url-part':
      return { ...value, url: map(value.url) }
    case 'url-text':
      return { ...value, of: map(value.of) }
    case 'if-set':
      return { ...value, value: map(value.value), ...(value.otherwise && { otherwise: map(value.otherwise) }) }
    default:
      return value
  }
}
