import { whyNotOfKind } from '../lib/env/fits-kind.ts'
import { matchPatterns } from '../lib/env/match-patterns.ts'
import { isPlaceholder } from '../lib/env/placeholder.ts'
import { show } from '../lib/show.ts'
import { checkPlaces } from './check-places.ts'
import type { Variable } from './declare-variables.ts'
import type { Path } from './places.ts'
import type { ResolvedVariable } from './resolve-env.ts'
import { GENERATE, kindOf } from './schema-env.ts'
import { isBrowserName, isSecretName, secretLiteral } from './secret-words.ts'
import type { World } from './world.ts'

/** One argument or variable of a process may have 128 KiB on Linux, its name and the end mark included. */
const MOST_BYTES = 100 * 1024

/** A value as it is written. It is not shown again: it may be what it looks like. */
export function checkLiteral(world: World, at: Path, text: string, variable: Variable): void {
  const { remarks } = world
  if (text.includes('\0')) {
    remarks.error('E_ENV_VALUE', at, 'has the character U+0000, which no variable can hold')
  }
  if (Buffer.byteLength(text) > MOST_BYTES) {
    remarks.error('E_ENV_VALUE', at, `has more than ${MOST_BYTES / 1024} KiB`, 'put large data into a file of the app')
  }
  if (text === '' || text.includes('${')) return
  if (!checkSecrecy(world, at, text, variable)) checkRules(world, at, text, variable)
}

/** Whether it must not stand here at all: then nothing more is said of it. */
function checkSecrecy({ remarks }: World, at: Path, text: string, { name, options }: Variable): boolean {
  const hint = `write { secret: true } and set it with \`landfall env set ${name}\``
  const isSecret = options.secret === true || (options.secret === undefined && options.public !== true && isSecretName(name))
  if ((isSecret || options.required) && isPlaceholder(text)) {
    const instead = isSecret ? '{ required: true, secret: true }, or generate: hex(32)' : '{ required: true }'
    remarks.error('E_PLACEHOLDER', at, `${show(text)} is a placeholder, and would be taken for the value`, `write ${instead}`)
    return true
  }
  const looks = secretLiteral(text)
  if (looks) remarks.error('E_SECRET_IN_MANIFEST', at, `looks like ${looks}, and everyone who reads the file would have it`, hint)
  else if (options.secret) {
    remarks.error('E_SECRET_IN_MANIFEST', at, 'is a secret, and everyone who reads the file would have it', hint)
  } else if (isSecret) {
    remarks.add('warning', 'W_SECRET_IN_MANIFEST', at, `${show(name)} is named like a secret, and its value stands here`, hint)
  }
  return looks !== undefined || options.secret === true
}

function checkRules(world: World, at: Path, text: string, { options }: Variable): void {
  const { remarks } = world
  if (options.minLength !== undefined && text.length < options.minLength) {
    remarks.error('E_ENV_VALUE', at, `is shorter than its minLength, ${options.minLength}`)
  }
  const kind = options.type === undefined ? undefined : kindOf(options.type)
  const why = kind && whyNotOfKind(text, kind, options.values?.map(String))
  // An enum without values is told where it is declared.
  if (why && !(kind === 'enum' && options.values === undefined)) remarks.error('E_ENV_VALUE', at, `${show(text)} ${why}`)
  if (options.pattern !== undefined && isPattern(options.pattern)) world.matches.push({ at, pattern: options.pattern, text })
}

/** The values of the file against their patterns. */
export function checkMatches({ matches, remarks }: World): void {
  matchPatterns(matches).forEach((found, i) => {
    const { at, pattern, text } = matches[i]!
    if (found === 'no') remarks.error('E_ENV_VALUE', at, `${show(text)} does not match its pattern, ${show(pattern)}`)
    if (found !== 'slow') return
    const message = `${show(pattern)} tries too many ways through a text: it was given up`
    remarks.error('E_PATTERN', at, message, 'write it without a repetition inside a repetition')
  })
}

/** What its options say together. */
export function checkOptions(world: World, variable: ResolvedVariable): void {
  const { remarks } = world
  const { options, path } = variable
  const sources = (['default', 'from', 'generate', 'source'] as const).filter((k) => options[k] !== undefined)
  if (sources.length > 1) {
    remarks.error('E_CONFLICT', path, `has ${sources.join(' and ')}, and a variable has one source`, 'keep one of them')
  }
  checkGenerate(world, variable)
  if (options.pattern !== undefined && !isPattern(options.pattern)) {
    remarks.error('E_PATTERN', [...path, 'pattern'], `${show(options.pattern)} is not a regular expression`)
  }
  const kind = options.type === undefined ? undefined : kindOf(options.type)
  if (kind === 'enum' && options.values === undefined) {
    remarks.error('E_MISSING', path, 'is an enum without values', 'values: [redis, memory]')
  } else if (options.values !== undefined && kind !== 'enum' && kind !== 'list') {
    remarks.error('E_CONFLICT', [...path, 'values'], 'belong to an enum or a list', 'type: enum')
  }
  checkReach(world, variable)
  checkDelivery(world, variable)
  checkPlaces(world, variable)
  for (const [platform, as] of Object.entries(options.as ?? {})) {
    if (!/^[A-Za-z_]\w*$/.test(as))
      remarks.error('E_ENV_KEY', [...path, 'as', platform], `${show(as)} is not a name of a variable`)
  }
}

function checkGenerate({ remarks }: World, { options, path }: ResolvedVariable): void {
  if (options.generate === undefined) return
  const at = [...path, 'generate']
  const [, kind, count] = GENERATE.exec(options.generate) ?? []
  const size = Number(count ?? 36)
  // `hex` and `base64` count bytes, as `openssl rand` does; a password counts its characters.
  const length = kind === 'hex' ? size * 2 : kind === 'base64' ? Math.ceil(size / 3) * 4 : size
  if (size < 8 || size > 256) {
    remarks.error('E_GENERATE', at, `${show(options.generate)} has a length outside 8 to 256`)
  } else if (options.minLength !== undefined && length < options.minLength) {
    remarks.error('E_GENERATE', at, `makes ${length} characters, and minLength is ${options.minLength}`)
  } else if (options.type !== undefined && kindOf(options.type) !== 'text' && options.type !== `hex(${size})`) {
    remarks.error('E_GENERATE', at, `does not make what type asks for, ${options.type}`)
  }
}

/** Who gets to read it: a secret neither an artifact nor a browser, and what a browser reads must be meant for it. */
function checkReach(world: World, variable: ResolvedVariable): void {
  const { remarks } = world
  const { options, path, name } = variable
  const isOfStatic = variable.component !== undefined && world.components.get(variable.component)?.type === 'static'
  if (variable.isSecret && options.public) {
    const hint = 'take `public` away, or say `secret: false` where it is none'
    remarks.error('E_SECRET_PUBLIC', path, `${show(name)} is a secret, and \`public\` gives it to browsers`, hint)
  } else if (variable.isSecret && isBrowserName(name)) {
    const hint = 'build tools give every variable that is named so to the browser: choose another name, and read it on the server'
    remarks.error('E_SECRET_PUBLIC', path, `${show(name)} is a secret, and named for browsers`, hint)
  } else if (variable.isSecret && variable.when !== 'run') {
    const hint = 'everyone who has the artifact could read it; let the running program read it instead'
    remarks.error('E_SECRET_IN_BUILD', path, `${show(name)} is a secret, and would become part of the artifact`, hint)
  } else if (isOfStatic && options.public === undefined && options.secret === undefined && isSecretName(name)) {
    const hint = 'say `public: true` where everyone may read it; a secret stays on the server'
    remarks.error(
      'E_SECRET_PUBLIC',
      path,
      `${show(name)} is named like a secret, and a static component gives it to browsers`,
      hint,
    )
  }
  if (isOfStatic && variable.when !== 'build' && !options.public) {
    remarks.error('E_NOT_HERE', path, 'a static component runs nothing that could read it', 'write `when: build`')
  }
}

function checkDelivery(world: World, { options, path, name, when, component }: ResolvedVariable): void {
  if (options.delivery === undefined || options.delivery === 'env') return
  const at = [...path, 'delivery']
  if (when !== 'run') world.remarks.error('E_CONFLICT', at, 'a build gets variables, no files', 'write `when: run`')
  const twin = `${name}_FILE`
  const { manifest } = world
  const own = component === undefined ? undefined : manifest.components[component]?.env
  if (Object.hasOwn(manifest.env ?? {}, twin) || Object.hasOwn(own ?? {}, twin)) {
    world.remarks.error(
      'E_DUPLICATE',
      at,
      `${twin} is declared too, and would be taken by the path of the file`,
      `take ${twin} away`,
    )
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
