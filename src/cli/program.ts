import { Argument, Command, CommanderError, Option } from 'commander'
import type { CommandSpec, Flags } from './command.ts'
import { commands } from './commands.ts'
import type { Look } from './render/look.ts'

export type Call = (spec: CommandSpec, args: string[], flags: Flags) => Promise<void>

/** The program as commander knows it, made of the table of commands. */
export function makeProgram(version: string, look: Look, call: Call): Command {
  const program = new Command('landfall')
    .description('The deployment guide that runs itself: one manifest, built, released without downtime, rolled back.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'this, or the help of a command')
    .usage('<command> [options]')
    .exitOverride()
    .configureOutput({ outputError: () => {}, writeErr: () => {} })
    .configureHelp({
      styleTitle: (text) => look.paint.bold(text),
      styleCommandText: (text) => look.paint.cyan(text),
      styleSubcommandText: (text) => look.paint.cyan(text),
      styleOptionText: (text) => look.paint.cyan(text),
      helpWidth: Math.min(look.columns ?? 100, 100),
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(termOf)].join(' '),
    })
    .addHelpText('after', `\n${lastWords(look)}`)
  program.addHelpCommand(
    program.createCommand('help').argument('[command]').summary('the help of a command').helpGroup('Machine:'),
  )
  const parents = new Map<string, Command>()
  for (const spec of commands) {
    const words = spec.name.split(' ')
    const name = words.pop() ?? ''
    const parent = words.length === 0 ? program : parentOf(program, parents, words[0] ?? '', spec)
    parent.addCommand(makeCommand(parent.createCommand(name).copyInheritedSettings(parent), spec, look, call))
  }
  return program
}

const PARENTS: Record<string, string> = {
  env: 'the environment contract: list, set, unset, import, sample, contract, check, keys',
  mail: 'captured mail: list, show, test',
}

function parentOf(program: Command, parents: Map<string, Command>, name: string, spec: CommandSpec): Command {
  const known = parents.get(name)
  if (known) return known
  const made = program
    .command(name)
    .description(PARENTS[name] ?? name)
    .helpGroup(`${spec.group}:`)
  made.helpCommand(false)
  parents.set(name, made)
  return made
}

function makeCommand(command: Command, spec: CommandSpec, look: Look, call: Call): Command {
  command
    .description(`${spec.about[0]?.toUpperCase()}${spec.about.slice(1)}.`)
    .summary(spec.about)
    .helpGroup(`${spec.group}:`)
  for (const arg of argumentsOf(spec)) command.addArgument(arg)
  if (spec.args?.includes('--')) command.usage(`[options] ${spec.args}`)
  for (const { flags, about } of spec.options) command.addOption(new Option(flags, about))
  command.addHelpText('after', `\n${examplesOf(spec, look)}`)
  return command.action((...given: unknown[]) => {
    const parsed = given.at(-1) as Command // Commander's own order: arguments, options, command.
    return call(spec, parsed.args, parsed.opts())
  })
}

function argumentsOf({ args = '' }: CommandSpec): Argument[] {
  const names = args.split(' ').filter((arg) => arg && arg !== '--')
  const found = names.map((name) => new Argument(name))
  // The folder may follow whatever comes first: `landfall rollback r3 ../shop`.
  if (/^(\[release\]|\[host\]|\[number\]|\[address\]|<task>|\[target\])$/.test(args)) found.push(new Argument('[folder]'))
  return found
}

function termOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '…' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

function examplesOf({ examples }: CommandSpec, { paint }: Look): string {
  const width = Math.max(...examples.map(([line]) => line.length))
  const lines = examples.map(([line, about]) => `  landfall ${line.padEnd(width)}  ${paint.dim(`# ${about}`)}`)
  return `${paint.bold('Examples:')}\n${lines.join('\n')}\n`
}

function lastWords({ paint }: Look): string {
  return [
    `${paint.bold('Start here:')}`,
    `  landfall init   ${paint.dim('# in the folder of your app: looks at it and writes landfall.yaml')}`,
    `  landfall up     ${paint.dim('# shows the plan, asks, and carries it out')}`,
    '',
    paint.dim('Exit codes: 0 done, 1 failed, 2 the input is wrong, 3 cancelled, 75 try again later, 130 interrupted.'),
    paint.dim('LANDFALL_HOME is where everything is kept. NO_COLOR turns colours off.'),
    '',
  ].join('\n')
}

/** Name and usage of the command that the arguments name, as far as they name one. */
export function usageOf(program: Command, argv: string[]): { path: string; usage: string } {
  let command = program
  for (const word of argv) {
    const next = command.commands.find((c) => c.name() === word)
    if (!next) break
    command = next
  }
  const path = []
  for (let at: Command | null = command; at; at = at.parent) path.unshift(at.name())
  return { path: path.join(' '), usage: command.usage() }
}

export const isHelpShown = (error: unknown): boolean => error instanceof CommanderError && error.exitCode === 0
