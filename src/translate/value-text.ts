import { innerValues } from '../lib/inner-values.ts'
import type { Value } from '../model/value.ts'

type Compound = 'join' | 'url-part' | 'url-text' | 'if-set'
/** How one target says each kind of value. Undefined: it cannot, and the caller says so in a verdict. */
export type ValueWords = {
  [K in Exclude<Value['type'], Compound>]: (value: Extract<Value, { type: K }>) => string | undefined
}

/** A value in another platform's words. All its parts must have some; secrets stay what `stored` makes of them. */
export function valueText(value: Value, words: ValueWords): string | undefined {
  switch (value.type) {
    case 'join': {
      const parts = value.parts.map((part) => valueText(part, words))
      return parts.every((part) => part !== undefined) ? parts.join('') : undefined
    }
    case 'url-text':
      // Only of a plain text it is known here what its escapes would be.
      return value.of.type === 'text'
        ? words.text({ type: 'text', text: encodeURIComponent(value.of.text) })
        : valueText(value.of, words)
    case 'url-part':
    case 'if-set':
      return undefined
    case 'text':
      return words.text(value)
    case 'stored':
      return words.stored(value)
    case 'output':
      return words.output(value)
    case 'address':
      return words.address(value)
    case 'route':
      return words.route(value)
    case 'instance':
      return words.instance(value)
    case 'volume':
      return words.volume(value)
  }
}

/** What a value is made of in the end: nothing of it has values inside. */
export function leavesOf(value: Value): Value[] {
  const inner = innerValues(value)
  return inner.length === 0 ? [value] : inner.flatMap(leavesOf)
}
