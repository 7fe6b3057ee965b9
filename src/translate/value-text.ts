import type { Value } from '../model/value.ts'

/** How one target says each kind of value. Undefined: it cannot, and the caller says so in a verdict. */
export type ValueWords = {
  [K in Exclude<Value['type'], 'join'>]: (value: Extract<Value, { type: K }>) => string | undefined
}

/** A value in another platform's words. Of a `join` every part must have some; secrets stay what `stored` makes of them. */
export function valueText(value: Value, words: ValueWords): string | undefined {
  switch (value.type) {
    case 'join': {
      const parts = value.parts.map((part) => valueText(part, words))
      return parts.every((part) => part !== undefined) ? parts.join('') : undefined
    }
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

/** Values inside a value, itself among them, without the joins. */
export function leavesOf(value: Value): Exclude<Value, { type: 'join' }>[] {
  return value.type === 'join' ? value.parts.flatMap(leavesOf) : [value]
}
