#!/usr/bin/env node
import { LandfallError } from '../lib/error.ts'
import { homeFolder } from '../lib/home.ts'
import { packageVersion } from '../lib/package.ts'
import { moveLeadingFlags, separateYes, takeFolder } from './arguments.ts'
import { contextOf } from './context.ts'
import { fail } from './fail.ts'
import { listenToInterrupts } from './interrupt.ts'
import { hasManifest, isFolder } from './where.ts'

const argv = moveLeadingFlags(process.argv.slice(2))
// Whoever read us has had enough: `landfall logs | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
}
listenToInterrupts()
const isJson = (argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv).includes('--json')
process.on('uncaughtException', (error) => process.exit(fail(error, isJson)))
process.exitCode = await main()

async function main(): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${packageVersion}\n`)
    return 0
  }
  const base = { home: homeFolder(), version: packageVersion }
  if (argv[0] === 'complete') {
    const { complete } = await import('./complete.ts')
    await complete(argv.slice(1), base)
    return 0
  }
  const { makeProgram, usageOf, isHelpShown } = await import('./program.ts')
  const { lookOf } = await import('./render/look.ts')
  let code = 0
  const program = makeProgram(packageVersion, lookOf(process.stdout), async (spec, given, flags) => {
    const { args, folder } = takeFolder(spec, given, isFolderHere)
    const { run } = await spec.load()
    code = (await run(contextOf(flags, folder, base), args, flags)) ?? 0
  })
  if (argv.length === 0) {
    program.outputHelp()
    return 0
  }
  try {
    await program.parseAsync(separateYes(argv), { from: 'user' })
    return code
  } catch (error) {
    if (isHelpShown(error)) return 0
    const { CommanderError } = await import('commander')
    if (!(error instanceof CommanderError)) return fail(error, isJson)
    return fail(usageError(error, usageOf(program, argv)), isJson)
  }
}

function isFolderHere(name: string): boolean {
  return !hasManifest('.') && isFolder(name)
}

function usageError({ code, message }: { code: string; message: string }, { path, usage }: { path: string; usage: string }) {
  // Commander's own words end with its guess at what was meant, on a line of its own.
  const [said = '', guess = ''] = message.replace(/^error: /, '').split('\n')
  const meant = guess.replace(/^\(Did you mean (?:one of )?(.*)\?\)$/, ', did you mean $1?')
  return new LandfallError({
    code: 'E_USAGE',
    message: code === 'commander.help' ? 'a command is missing' : said + meant,
    detail: `usage: ${path} ${usage}`,
    hint: `${path} --help`,
  })
}
