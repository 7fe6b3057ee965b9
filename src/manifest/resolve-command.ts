import { show } from '../lib/show.ts'
import type { Value } from '../model/value.ts'
import type { Path } from './places.ts'
import { expand, type FindVariable, type Use } from './references.ts'
import { secretLiteral } from './secret-words.ts'
import { splitCommand } from './split-command.ts'
import { parseTemplate } from './template.ts'
import type { World } from './world.ts'

type Written = string | (string | number | boolean)[]
const SHELLS = /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|dash|zsh|ash|ksh)$/

/** The words of a command, as they are written; none after a finding. */
export function wordsOf(world: World, at: Path, written: Written): string[] | undefined {
  const { remarks } = world
  let words: string[]
  if (typeof written === 'string') {
    const split = splitCommand(written)
    if ('problem' in split) {
      remarks.error('E_COMMAND', at, split.problem, split.hint)
      return undefined
    }
    words = split.words
  } else {
    words = written.map(String)
    written.forEach((word, i) => {
      if (typeof word !== 'string' && !world.places.isExact([...at, i])) {
        remarks.error('E_TYPE', [...at, i], 'is read as a number, and would lose how it is written', 'put it into quotes')
      }
    })
    if (words[0] === '') remarks.error('E_COMMAND', at, 'the command is empty', 'name a program')
  }
  for (const word of words) {
    if (word.includes('\0')) remarks.error('E_COMMAND', at, 'has the character U+0000, which no argument can hold')
    const looks = secretLiteral(word)
    if (looks) {
      remarks.error('E_SECRET_IN_ARGUMENT', at, `an argument looks like ${looks}`, 'let the program read it from its environment')
    }
  }
  checkShellText(world, at, words)
  return words
}

/** `sh -c` is one's own choice, but a value that Landfall puts into its text could be read as more commands. */
function checkShellText(world: World, at: Path, words: string[]): void {
  const [program = '', option = '', text = ''] = words
  if (!SHELLS.test(program) || !/^-[a-z]*c$/.test(option)) return
  const template = parseTemplate(text)
  const reference = 'parts' in template ? template.parts.find((part) => part.type === 'reference') : undefined
  if (reference?.type !== 'reference') return
  const hint = `give it as a variable, and write "$${reference.name.replace(/\W/g, '_').toUpperCase()}" for the shell to read`
  world.remarks.error('E_COMMAND', at, `${show(`\${${reference.name}}`)} would become part of a program of the shell`, hint)
}

/** An argument array with its references. */
export function resolveCommand(world: World, at: Path, written: Written, use: Use, find: FindVariable): Value[] | undefined {
  return wordsOf(world, at, written)?.map((word) => expand(world, at, word, use, find))
}

/** A command of the build: the builder gets plain words. */
export function plainCommand(world: World, at: Path, written: Written): string[] | undefined {
  return wordsOf(world, at, written)?.map((word) => {
    const template = parseTemplate(word)
    if ('problem' in template) {
      world.remarks.error('E_REFERENCE', at, template.problem, template.hint)
      return ''
    }
    return template.parts
      .map((part) => {
        if (part.type === 'text') return part.text
        if (part.name === 'version') return world.version ?? ''
        const hint = 'give it under build.env, and let the command read it from its environment'
        world.remarks.error('E_REFERENCE', at, `${show(`\${${part.name}}`)} cannot stand in a command of the build`, hint)
        return ''
      })
      .join('')
  })
}

/** A text is one command; of a list, each entry is one. */
export function resolveCommands(world: World, at: Path, written: string | Written[], find: FindVariable): Value[][] {
  if (typeof written === 'string') {
    const command = resolveCommand(world, at, written, 'once', find)
    return command ? [command] : []
  }
  warnOfWords(world, at, written)
  return written.flatMap((one, i) => {
    const command = resolveCommand(world, [...at, i], one, 'once', find)
    return command ? [command] : []
  })
}

/** `[node, seed.js]` was most likely meant as one command. */
export function warnOfWords(world: World, at: Path, written: readonly unknown[]): void {
  const words = Object.values(written)
  if (words.length < 2 || !words.every((w) => typeof w === 'string' && !/\s/.test(w))) return
  const text = words.join(' ')
  const message = `this is a list of ${words.length} commands, each without arguments`
  world.remarks.add('warning', 'W_COMMAND_LIST', at, message, `one command with arguments is ${show(text)}`)
}
