/** Words that templates leave where a person has to write something. */
const WORDS =
  /(?<![a-z0-9])(change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|this|with)|your[-_ ][a-z0-9_ -]{1,60}[-_ ]here|(?:put|insert|add|enter)[-_ ][a-z0-9_ -]{0,60}here|fill[-_ ]?(?:me[-_ ]?)?in)(?![a-z0-9])/i
const WHOLE =
  /^(x{3,}|\*{3,}|\.{3,}|todo|tbd|fixme|placeholder|dummy|<[^<>]{1,80}>|\[[a-z _-]{1,80}\]|your[-_][a-z0-9_-]{1,80})$/i
/** Whether a text still is what a template had in that place: taken for a value, everyone would know it. */
export function isPlaceholder(text: string): boolean {
  const start = text.slice(0, 2000).trim()
  return WHOLE.test(start) || WORDS.test(start)
}
