import type { Rules } from '../manifest/yaml-tokens.ts'

/** What a file of another platform may cost us. The longest real ones, of clusters, have some 5,000 lines. */
export const FOREIGN: Omit<Rules, 'noun'> = {
  bytes: 1024 * 1024,
  tokens: 200_000,
  depth: 64,
  nodes: 100_000,
  tags: ['!!str', '!!binary', '!!merge'],
  hasDirectives: true,
}
/** Files of one folder that readers may open. */
export const MOST_FILES = 2000
