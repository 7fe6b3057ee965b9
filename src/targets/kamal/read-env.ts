import { ENV_KEY, reservedBecause } from '../../manifest/names.ts'
import type { EnvInput } from '../../manifest/partial.ts'
import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import type { Entry } from '../../model/target.ts'
import type { Reading } from './read.ts'

/** `env` with `clear` and `secret`, or a plain mapping. */
export function readEnv(reading: Reading, env: Entry): Record<string, EnvInput> {
  const made: Record<string, EnvInput> = {}
  const isSplit = ['clear', 'secret', 'tags'].some((key) => env.get(key).isThere)
  for (const entry of (isSplit ? env.get('clear') : env).entries()) {
    const value = plain(reading, entry)
    if (value !== undefined) made[entry.key] = value
  }
  if (!isSplit) return made
  for (const entry of env.get('secret').items()) {
    const [name = '', other] = (entry.text() ?? '').split(':')
    if (!isName(entry, name)) continue
    made[name] = { secret: true, required: true }
    reading.asked.add(name)
    if (other === undefined) entry.kept(`env.${name}`)
    else entry.changed(`stored as ${name}; it was ${other} in .kamal/secrets`)
  }
  env.get('tags').lost('variables of single servers', 'a component of its own, or an environment')
  return made
}

function plain(reading: Reading, entry: Entry): EnvInput | undefined {
  const name = entry.key
  if (!isName(entry, name)) return undefined
  const text = entry.text()
  if (text === undefined || text.includes('<%')) {
    entry.lost(text === undefined ? 'a variable is a text, and this is none' : 'Ruby makes its value')
    return { required: true }
  }
  const resource = reading.accessories.get(text)
  if (resource !== undefined) {
    entry.changed(`the host of ${resource}`)
    return { from: `${resource}.host` }
  }
  const server = /^(?:redis|valkey|postgres(?:ql)?):\/\/(?:[^@/]*@)?([\w.-]+)/.exec(text)?.[1] ?? ''
  const owner = reading.accessories.get(server)
  if (owner !== undefined) {
    entry.changed(`the address of ${owner}`)
    return { from: `${owner}.url` }
  }
  if (isSecretName(name) || secretLiteral(text) !== undefined) {
    entry.changed('a secret: its value stays out of the manifest', `landfall env set ${name}`)
    reading.asked.add(name)
    return { secret: true, required: true }
  }
  entry.kept(`env.${name}`)
  return text.replaceAll('$', '$$$$')
}

function isName(entry: Entry, name: string): boolean {
  const reserved = reservedBecause(name)
  if (reserved) entry.changed(`left out: it ${reserved.because}`, reserved.hint)
  else if (!ENV_KEY.test(name) || name === '__proto__') entry.lost('no variable can have this name')
  else return true
  return false
}
