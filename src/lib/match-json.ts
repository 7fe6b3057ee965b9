/**
 * Why `body` does not hold `expected` as a subset, or undefined when it does. Objects may have more keys; arrays must be as long
 * and match item by item; `<any>` is anything that is there, `{ matches: … }` a text in which the regular expression is found;
 * everything else must be equal.
 */
export function matchJson(body: string, expected: unknown): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return `the body is no JSON: ${body.slice(0, 200)}`
  }
  return differ(value, expected, '$')
}

function differ(value: unknown, expected: unknown, at: string): string | undefined {
  if (Array.isArray(expected)) {
    if (!Array.isArray(value)) return `${at} is ${show(value)}, expected a list`
    if (value.length !== expected.length) return `${at} has ${value.length} items, expected ${expected.length}`
    for (const [i, item] of expected.entries()) {
      const difference = differ(value[i], item, `${at}[${i}]`)
      if (difference) return difference
    }
    return undefined
  }
  if (expected === '<any>') return undefined
  const expression = expressionOf(expected)
  if (expression !== undefined) {
    if (typeof value === 'string' && new RegExp(expression, 'u').test(value)) return undefined
    return `${at} is ${show(value)}, expected a text that matches ${expression}`
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof value !== 'object' || value === null) return `${at} is ${show(value)}, expected an object`
    for (const [key, item] of Object.entries(expected)) {
      if (!Object.hasOwn(value, key)) return `${at}.${key} is missing`
      const difference = differ((value as Record<string, unknown>)[key], item, `${at}.${key}`)
      if (difference) return difference
    }
    return undefined
  }
  return Object.is(value, expected) ? undefined : `${at} is ${show(value)}, expected ${show(expected)}`
}

function expressionOf(expected: unknown): string | undefined {
  if (typeof expected !== 'object' || expected === null) return undefined
  const { matches, ...more } = expected as { matches?: unknown }
  return typeof matches === 'string' && Object.keys(more).length === 0 ? matches : undefined
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'undefined'
}
