/** A declarative pipeline, as lines; `print` indents them. Texts of people only ever stand in single quotes, where Groovy expands nothing. */
export type Lines = string[]

type Body = (string | Lines)[]

export const block = (head: string, ...body: Body): Lines => [`${head} {`, ...body.flat(), '}']
export const stage = (name: string, ...body: Body): Lines => block(`stage(${text(name)})`, ...body)
export const steps = (...body: Body): Lines => block('steps', ...body)

/** A text of Groovy that is exactly this one. */
export function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}

/** Shell lines; several stand below each other as they will run. */
export function sh(...lines: string[]): Lines {
  const [only] = lines
  if (lines.length === 1 && only !== undefined) return [`sh ${text(only)}`]
  const body = lines.map((line) => line.replaceAll('\\', '\\\\').replaceAll("'''", "\\'\\'\\'"))
  return ["sh '''", ...body, "'''"]
}

/** With two blanks for each level, and a blank line between stages. */
export function print(lines: Lines): string {
  let depth = 0
  let isText = false
  return lines
    .flatMap((line, i) => {
      const isEnd = isText ? line === "'''" : line === '}'
      if (isEnd) depth -= 1
      const shown = `${'  '.repeat(depth)}${line}`
      if (isText ? isEnd : line === "sh '''") isText = !isText
      if (!isEnd && (line.endsWith(' {') || line === "sh '''") && (!isText || line === "sh '''")) depth += 1
      return line.startsWith('stage(') && lines[i - 1] === '}' ? ['', shown] : [shown]
    })
    .join('\n')
}
