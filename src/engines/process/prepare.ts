import { delimiter, join } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import type { Component, Limits } from '../../model/app.ts'
import type { Scope } from '../../model/plan.ts'
import type { Value } from '../../model/value.ts'
import { openArtifact } from './artifact.ts'
import { bindsOf } from './mounts.ts'
import { makeFolder, paths } from './paths.ts'
import { makeOwnFolder } from './rights.ts'
import { type SecretFile, writeSecretFiles } from './secret-files.ts'
import { chain } from './shim.ts'
import { type Facts, textOf } from './values.ts'
import type { World } from './world.ts'

export interface Wanted extends Scope {
  id: string
  component: Component
  release: string
  index: number
  artifact: string
  port?: number
}
export interface Prepared {
  file: string
  args: string[]
  env: Record<string, string>
  cwd: string
  uid?: number
}

/**
 * Makes everything ready for one process of a component and resolves its values; starts nothing. `pgOptions` go before those that
 * the component has itself: the later one counts.
 */
export async function prepare(world: World, w: Wanted, command?: Value[], pgOptions?: string): Promise<Prepared> {
  const { home, rights } = world
  const { component } = w
  const artifact = openArtifact(home, w.artifact)
  const uid = rights.uid(w, component.runsAs)
  const facts: Facts = {
    of: { app: w.app, environment: w.environment, component: component.name, release: w.release },
    index: w.index,
    version: world.options.version?.({ ...w, component: component.name }) ?? '',
    artifactRoot: artifact.root,
    volumePath: (volume) => paths.volume(home, w, volume),
    ...(w.port !== undefined && { port: w.port }),
  }
  const text = (v: Value) => textOf(v, facts, world.options.value)
  const argv = await Promise.all((command ?? component.command ?? []).map(text))
  if (argv.length === 0) argv.push(...artifact.command)
  checkCommand(argv, component)

  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(component.env)) own[name] = await text(value)
  const files = takeFiles(own, component)
  checkEnv(own, component)

  const personal = paths.personal(home, w, component.runsAs)
  const temporary = paths.temporary(home, w.id)
  makeFolder(join(home, 'homes', w.app, w.environment))
  makeOwnFolder(personal, 0o700, uid)
  makeFolder(paths.instance(home, w.id))
  makeOwnFolder(temporary, 0o700, uid)
  const told = writeSecretFiles(home, w.id, files, uid)

  const env = {
    PATH: [...artifact.path, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: personal,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    ...own,
    ...told,
    ...(pgOptions && { PGOPTIONS: [pgOptions, own.PGOPTIONS].filter(Boolean).join(' ') }),
    ...(w.port !== undefined && { PORT: String(w.port) }),
    LANDFALL_APP: w.app,
    LANDFALL_ENVIRONMENT: w.environment,
    LANDFALL_COMPONENT: component.name,
    LANDFALL_RELEASE: w.release,
    LANDFALL_INSTANCE: w.id,
    LANDFALL_HOME: home,
    ...(facts.version && { LANDFALL_VERSION: facts.version }),
  }
  checkLimits(component.limits, world, component)
  const links = chain({
    argv,
    env,
    cgroups: world.cgroups.make(w.id, component.limits),
    binds: bindsOf(world, w, artifact.root),
    ...(uid !== undefined && { uid }),
    ...(rights.setpriv && { setpriv: rights.setpriv }),
    ...(rights.unshare && { unshare: rights.unshare }),
  })
  return { ...links, cwd: artifact.cwd, ...(uid !== undefined && { uid }) }
}

function checkCommand(argv: string[], component: Component): void {
  const [program] = argv
  if (program && !program.startsWith('-') && !argv.some((a) => a.includes('\0'))) return
  throw new LandfallError({
    code: 'E_COMMAND',
    at: `components.${component.name}.run`,
    message: program ? `${JSON.stringify(program.slice(0, 60))} is no program` : `${component.name} has no command to run`,
    hint: 'say it as `run:` in landfall.yaml',
  })
}

/** What arrives as a file is no variable. */
function takeFiles(env: Record<string, string>, component: Component): SecretFile[] {
  return Object.entries(component.envFiles ?? {}).flatMap(([variable, name]) => {
    const text = env[variable]
    delete env[variable]
    return text === undefined ? [] : [{ variable, name, text }]
  })
}

/** The kernel takes no longer text than this in one variable. */
const MAX_BYTES = 128 * 1024 - 1
const OVERHEAD = 'LANDFALL_E_='.length

function checkEnv(env: Record<string, string>, component: Component): void {
  for (const [name, value] of Object.entries(env)) {
    const at = `components.${component.name}.env.${name}`
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith('LANDFALL_'))
      throw new LandfallError({ code: 'E_ENV_KEY', at, message: `${JSON.stringify(name.slice(0, 60))} cannot name a variable` })
    if (value.includes('\0')) throw new LandfallError({ code: 'E_ENV_VALUE', at, message: `${name} holds a NUL byte` })
    if (Buffer.byteLength(value) + name.length + OVERHEAD > MAX_BYTES)
      throw new LandfallError({
        code: 'E_ENV_VALUE',
        at,
        message: `${name} is longer than the ${MAX_BYTES} bytes that Linux takes`,
      })
  }
}

function checkLimits(limits: Limits, world: World, component: Component): void {
  const has = world.totalMiB
  if (limits.memoryMiB === undefined || limits.memoryMiB <= has) return
  throw new LandfallError({
    code: 'E_LIMIT',
    at: `components.${component.name}.scale.memory`,
    message: `${component.name} wants ${limits.memoryMiB} MiB, and this machine has ${has} MiB`,
  })
}
