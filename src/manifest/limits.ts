/** What a manifest may cost us. A long real one has 400 lines and 7,000 tokens. */
export const LIMITS = { bytes: 256 * 1024, tokens: 20_000, depth: 32, nodes: 10_000 }
/** Keys that mean something to JavaScript itself. */
export const POISON = new Set(['__proto__', 'constructor', 'prototype'])
