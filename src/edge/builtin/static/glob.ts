/**
 * A glob of `immutable` as an expression: `*` within a segment, `**` over segments, `?`, `{a,b}`. Without a slash it is about file
 * names in any folder.
 */
export function globToRegExp(glob: string): RegExp {
  const pattern = glob.replace(/^\.?\//, '')
  let source = pattern.includes('/') || pattern === '**' ? '' : '(?:.*/)?'
  let depth = 0
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern[i]!
    if (pattern.startsWith('**/', i)) {
      source += '(?:.*/)?'
      i += 2
    } else if (pattern.startsWith('**', i)) {
      source += '.*'
      i += 1
    } else if (letter === '*') source += '[^/]*'
    else if (letter === '?') source += '[^/]'
    else if (letter === '{') {
      source += '(?:'
      depth += 1
    } else if (letter === '}' && depth > 0) {
      source += ')'
      depth -= 1
    } else if (letter === ',' && depth > 0) source += '|'
    else source += letter.replace(/[\\^$.|+()[\]{}]/, '\\$&')
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`)
}
