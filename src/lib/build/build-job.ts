import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { LandfallError } from '../error.ts'
import { failpoint } from '../failpoint.ts'
import { show } from '../show.ts'
import type { BuildGuard } from './build-guard.ts'
import type { BuildLog } from './build-log.ts'
import type { BuildInput } from './build-types.ts'
import { killBuild } from './kill-builds.ts'
import { type CommandEnd, runCommand } from './run-command.ts'
import type { Scratch } from './scratch.ts'

/** One build under way. */
export interface BuildJob {
  input: BuildInput
  scratch: Scratch
  log: BuildLog
  guard: BuildGuard
}
export interface StepWish {
  title: string
  argv: string[]
  /** From the root of the source. */
  cwd: string
  env: Record<string, string>
  /** Said and kept in the log; commands of our own are not. */
  isShown: boolean
  code?: 'E_BUILD' | 'E_TEST'
}

/** Runs one command of a build. What it left in the background is gone before this returns, however it ended. */
export async function runStep({ input, scratch, log, guard }: BuildJob, wish: StepWish): Promise<void> {
  const { argv, env, title } = wish
  const words = argv.join(' ')
  log.mark()
  if (wish.isShown) log.line(`$ ${words}`)
  const doing = `${title}: ${words}`
  const early = guard.signal.aborted ? guard.ended(doing, '') : undefined
  if (early) throw early
  if (!isFound(argv[0] ?? '', env.PATH ?? '')) throw notFound(input, wish)
  failpoint('build:step')
  const end = await runCommand({
    argv,
    cwd: join(scratch.root, wish.cwd),
    env,
    limits: input.component.build.limits,
    ...(input.identity && { identity: input.identity }),
    ...(input.wrap && { wrap: input.wrap }),
    signal: guard.signal,
    onLine: log.line,
  })
  await killBuild(input.home, input.artifact)
  const ended = end.code === 0 && !guard.signal.aborted ? undefined : guard.ended(doing, log.tail())
  if (ended) throw ended
  if (end.isOverMemory) throw overMemory(input, wish, end, log)
  if (end.code !== 0) throw failed(input, wish, end, log)
}

function isFound(program: string, path: string): boolean {
  return program.includes('/') || path.split(delimiter).some((folder) => existsSync(join(folder, program)))
}

function notFound({ component }: BuildInput, { title, argv, env }: StepWish): LandfallError {
  return new LandfallError({
    code: 'E_BUILD',
    at: `components.${component.name}.build`,
    message: `${component.name}: ${title}: there is no program ${show(argv[0])}`,
    detail: `PATH: ${env.PATH}`,
    hint: 'install it for all users of this machine, or set `build.runtime` where it comes with node or python',
  })
}

function failed(
  { component }: BuildInput,
  { title, argv, code = 'E_BUILD' }: StepWish,
  end: CommandEnd,
  log: BuildLog,
): LandfallError {
  const how = end.notStarted ?? (end.signal ? `was ended by ${end.signal}` : `ended with ${end.code}`)
  const isTest = code === 'E_TEST'
  return new LandfallError({
    code,
    at: `components.${component.name}.${isTest ? 'test' : 'build'}`,
    message: `${component.name}: ${title} failed: \`${argv.join(' ')}\` ${how}`,
    ...(log.tail() && { detail: log.tail() }),
    hint: isTest ? `nothing was released; the whole log is ${log.path}` : `the whole log is ${log.path}`,
  })
}

function overMemory({ component }: BuildInput, { title, argv }: StepWish, end: CommandEnd, log: BuildLog): LandfallError {
  const limit = component.build.limits.memoryMiB
  const peak = end.peakMiB === undefined ? '' : `, peak ${end.peakMiB} MiB`
  return new LandfallError({
    code: 'E_BUILD_MEMORY',
    at: `components.${component.name}.build`,
    message: `${component.name}: ${title} was killed for memory: \`${argv.join(' ')}\`, limit ${limit} MiB${peak}`,
    ...(log.tail() && { detail: log.tail() }),
    hint: 'give the build more: `build.memory` in landfall.yaml',
  })
}
