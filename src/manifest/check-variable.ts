import { show } from '../lib/show.ts'
import type { Variable } from './declare-variables.ts'
import type { Path } from './places.ts'
import type { ResolvedVariable } from './resolve-env.ts'
import { GENERATE } from './schema-env.ts'
import { isSecretName, secretLiteral } from './secret-words.ts'
import type { World } from './world.ts'

/** One argument or variable of a process may have 128 KiB on Linux, its name and the end mark included. */
const MOST_BYTES = 100 * 1024

export const TYPE_PATTERNS: Record<string, string> = {
  integer: '-?[0-9]+',
  number: '-?[0-9]+(\\.[0-9]+)?',
  boolean: 'true|false|1|0|yes|no|on|off',
  url: '[a-z][a-z0-9+.-]*://[^\\s]+',
  email: '[^\\s@]+@[^\\s@]+',
  port: '[0-9]{1,5}',
}

/** A value as it is written. It is not shown again: it may be what it looks like. */
export function checkLiteral(world: World, at: Path, text: string, variable: Variable): void {
  const { remarks } = world
  if (text.includes('\0')) {
    remarks.error('E_ENV_VALUE', at, 'has the character U+0000, which no variable can hold')
  }
  if (Buffer.byteLength(text) > MOST_BYTES) {
    remarks.error('E_ENV_VALUE', at, `has more than ${MOST_BYTES / 1024} KiB`, 'put large data into a file of the app')
  }
  const { name, options } = variable
  const looks = secretLiteral(text)
  const hint = `write { secret: true } and set it with \`landfall env set ${name}\``
  if (looks) remarks.error('E_SECRET_IN_MANIFEST', at, `looks like ${looks}, and everyone who reads the file would have it`, hint)
  else if (options.secret && text !== '' && !text.includes('${')) {
    remarks.error('E_SECRET_IN_MANIFEST', at, 'is a secret, and everyone who reads the file would have it', hint)
  } else if (options.secret === undefined && text !== '' && !text.includes('${') && isSecretName(name)) {
    remarks.add('warning', 'W_SECRET_IN_MANIFEST', at, `${show(name)} is named like a secret, and its value stands here`, hint)
  }
  if (options.minLength !== undefined && text !== '' && !text.includes('${') && text.length < options.minLength) {
    remarks.error('E_ENV_VALUE', at, `is shorter than its minLength, ${options.minLength}`)
  }
  const pattern = options.type && TYPE_PATTERNS[options.type]
  if (pattern && !text.includes('${') && !new RegExp(`^(?:${pattern})$`).test(text)) {
    remarks.error('E_ENV_VALUE', at, `${show(text)} is no ${options.type}`)
  }
}

/** What its options say together. */
export function checkOptions(world: World, variable: ResolvedVariable): void {
  const { remarks } = world
  const { options, path, name } = variable
  const sources = (['default', 'from', 'generate'] as const).filter((k) => options[k] !== undefined)
  if (sources.length > 1) {
    remarks.error('E_CONFLICT', path, `has ${sources.join(' and ')}, and a variable has one source`, `keep one of them`)
  }
  if (options.generate !== undefined) {
    const [, kind, count] = GENERATE.exec(options.generate) ?? []
    const size = Number(count ?? 36)
    // `hex` and `base64` count bytes, as `openssl rand` does; a password counts its characters.
    const length = kind === 'hex' ? size * 2 : kind === 'base64' ? Math.ceil(size / 3) * 4 : size
    if (size < 8 || size > 256) {
      remarks.error('E_GENERATE', [...path, 'generate'], `${show(options.generate)} has a length outside 8 to 256`)
    } else if (options.minLength !== undefined && length < options.minLength) {
      remarks.error('E_GENERATE', [...path, 'generate'], `makes ${length} characters, and minLength is ${options.minLength}`)
    }
  }
  if (options.pattern !== undefined && !isPattern(options.pattern)) {
    remarks.error('E_PATTERN', [...path, 'pattern'], `${show(options.pattern)} is not a regular expression`)
  }
  if (variable.isSecret && variable.when !== 'run') {
    const hint = 'everyone who has the artifact could read it; let the running program read it instead'
    remarks.error('E_SECRET_IN_BUILD', path, `${show(name)} is a secret, and would become part of the artifact`, hint)
  }
  if (variable.component && world.components.get(variable.component)?.type === 'static' && variable.when !== 'build') {
    remarks.error('E_NOT_HERE', path, 'a static component runs nothing that could read it', 'write `when: build`')
  }
  for (const [platform, as] of Object.entries(options.as ?? {})) {
    if (!/^[A-Za-z_]\w*$/.test(as))
      remarks.error('E_ENV_KEY', [...path, 'as', platform], `${show(as)} is not a name of a variable`)
  }
}

function isPattern(text: string): boolean {
  try {
    new RegExp(`^(?:${text})$`, 'u')
    return true
  } catch {
    return false // A SyntaxError is the answer that was asked for.
  }
}
