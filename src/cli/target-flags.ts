import { LandfallError } from '../lib/error.ts'
import { show } from '../lib/show.ts'
import type { Context } from './context.ts'

/** `--option gateway=none,per-component`; a name alone is the same as `=true`. */
export function optionsOf(given = ''): Record<string, string> {
  return Object.fromEntries(
    given
      .split(',')
      .filter(Boolean)
      .map((text) => {
        const [, name, value = 'true'] = /^([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(text) ?? []
        if (name === undefined)
          throw new LandfallError({
            code: 'E_USAGE',
            message: `not an option: ${show(text)}`,
            at: '--option',
            hint: '--option name=value',
          })
        return [name, value]
      }),
  )
}

/** The environment that is written: what goes to another platform is rarely the local one, and need not be declared. */
export function environmentOf(context: Context): string {
  return context.isEnvironmentGiven ? context.environment : 'production'
}

export function today(): string {
  return new Date().toISOString().slice(0, 10)
}
