/** What a manifest may cost us. A long real one has 400 lines and 6,000 tokens. */
export const LIMITS = { bytes: 256 * 1024, tokens: 40_000, depth: 32, nodes: 20_000 }
/** Keys that mean something to JavaScript itself. */
export const POISON = new Set(['__proto__', 'constructor', 'prototype'])
