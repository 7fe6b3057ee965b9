import { secretLiteral } from '../../manifest/secret-words.ts'
import { splitCommand } from '../../manifest/split-command.ts'
import type { Entry } from '../../model/target.ts'

const PORT = ['$', '{PORT}'].join('')

/** A command that a shell would run there, as a manifest writes one. Undefined where it needs a shell, or holds a secret. */
export function commandOf(text: string): string | undefined {
  if (text.split(/[\s=]+/).some((part) => secretLiteral(part)) || secretLiteral(text)) return undefined
  const plain = text
    .trim()
    .replace(/^exec\s+/, '')
    .replace(/^(?:ba)?sh -c (['"])(?:exec )?([^'"]*)\1$/, '$2')
    .replace(/\$\{PORT(?::?-\d+)?\}|\$PORT\b/g, PORT)
    .replace(/(^|[\s=])(0\.0\.0\.0|\[::\]|::)(?=:|\s|$)/g, '$1127.0.0.1')
  const split = splitCommand(plain)
  return 'words' in split && split.words.length > 0 ? plain : undefined
}

/** The one command of a phase; with several of them a builder could not do the same. */
export function phaseCommand(entry: Entry, to: string): string | undefined {
  const items = entry.items().filter((i) => i.text() !== '...')
  const [only] = items
  const command = only && items.length === 1 ? commandOf(only.text() ?? '') : undefined
  if (command !== undefined) entry.kept(to)
  else if (items.length === 0) entry.changed('what the builder does itself')
  else
    entry.lost(
      items.length > 1 ? 'a builder takes one command' : 'it needs a shell, or a secret stands in it',
      'put it into a script',
    )
  return command
}
