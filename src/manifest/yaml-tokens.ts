import { type CST, Lexer, type LineCounter, Parser } from 'yaml'
import { show } from '../lib/show.ts'
import { LIMITS } from './limits.ts'

/** What a text may cost and hold. Another platform's files may be larger than a manifest, and may have tags and directives. */
export interface Rules {
  /** As messages name it: `the manifest`. */
  noun: string
  bytes: number
  tokens: number
  depth: number
  nodes: number
  /** Tags that change nothing of the value; all others are refused. */
  tags: readonly string[]
  hasDirectives: boolean
}
export const MANIFEST_RULES: Rules = { ...LIMITS, noun: 'the manifest', tags: ['!!str'], hasDirectives: false }

/** A finding at an offset of the text. */
export type Fail = (code: string, offset: number, message: string, hint?: string) => void

/** Tokens of the text, counted while they come; none when the text costs too much or holds what a manifest may not. */
export function tokenize(text: string, lines: LineCounter, fail: Fail, rules: Rules): CST.Token[] | undefined {
  const parser = new Parser((offset) => lines.addNewLine(offset))
  lines.addNewLine(0)
  const tokens: CST.Token[] = []
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    count += 1
    if (count > rules.tokens) {
      fail('E_TOO_COMPLEX', 0, `${rules.noun} has more than ${rules.tokens} tokens`, 'large data belongs into files of the app')
      return undefined
    }
    for (const token of parser.next(lexeme)) tokens.push(token)
  }
  for (const token of parser.end()) tokens.push(token)
  return measure(tokens, fail, rules) ? tokens : undefined
}

/** Depth and forbidden constructs, over an explicit stack. */
function measure(tokens: CST.Token[], fail: Fail, rules: Rules): boolean {
  let isFine = true
  const refuse: Fail = (...is) => {
    isFine = false
    fail(...is)
  }
  const stack: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 })).reverse()
  const isTag = (t: CST.SourceToken) => t.type === 'tag' && !rules.tags.includes(t.source)
  while (stack.length > 0) {
    const { token, depth } = stack.pop()!
    if (depth > rules.depth) {
      refuse('E_DEPTH', token.offset, `nested deeper than ${rules.depth} levels`)
      return false
    }
    if (token.type === 'directive' && !rules.hasDirectives)
      refuse('E_SYNTAX', token.offset, `the directive ${show(token.source)} has no use here`, 'leave the line out')
    const marks: CST.SourceToken[] = []
    if ('start' in token && Array.isArray(token.start)) marks.push(...token.start)
    if ('props' in token)
      marks.push(...token.props.filter((p) => 'source' in p && p.type === 'tag').map((p) => p as CST.SourceToken))
    if (token.type === 'document' && token.value) stack.push({ token: token.value, depth })
    if ('items' in token && Array.isArray(token.items)) {
      for (const item of token.items) {
        marks.push(...item.start, ...('sep' in item && item.sep ? item.sep : []))
        if ('key' in item && item.key) stack.push({ token: item.key, depth: depth + 1 })
        if ('value' in item && item.value) stack.push({ token: item.value, depth: depth + 1 })
      }
    }
    for (const mark of marks) {
      if (isTag(mark))
        refuse(
          'E_YAML_TAG',
          mark.offset,
          `the tag ${show(mark.source)} is not allowed: ${rules.noun} is data`,
          'write the plain value; quotes make it a text',
        )
    }
  }
  return isFine
}
