import { posix } from 'node:path'
import type { EnvInput, PartialComponent, PartialManifest } from '../../manifest/partial.ts'
import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import type { Entry, ManualStep, ReadContext } from '../../model/target.ts'
import { readStart } from '../../translate/image/read-start.ts'
import { finalChain, keyOf, type Line, type Parsed, type Stage } from './parse-dockerfile.ts'
import { readBuild } from './read-build.ts'
import { readCommand } from './read-command.ts'
import { readHealth } from './read-health.ts'

export interface ImageReading {
  path: string
  name: string
  parsed: Parsed
  root: Entry
  context: ReadContext
  manifest: PartialManifest
  because: Record<string, string>
  steps: ManualStep[]
}

/** Names that Landfall gives itself, or that say how a container is reached. */
const GIVEN = /^(PORT|PATH|HOME|HOST|HOSTNAME|NODE_OPTIONS|BASH_ENV|LD_\w+|DYLD_\w+|LANDFALL_\w+)$/
const SIGNALS = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'])

/** A component of one Dockerfile, with a verdict on each of its instructions. */
export function readImage(reading: ImageReading): void {
  const { path, parsed, root, manifest, because } = reading
  const { name } = reading
  const chain = finalChain(parsed)
  const at = (line: Line) => root.get(keyOf(line))
  const lines = chain.flatMap((s) => s.lines)
  const component: PartialComponent = {}
  const folder = posix.dirname(path)
  component.source = folder
  const build = readBuild(reading, chain)
  component.build = build.build
  component.type = build.isStatic ? 'static' : 'worker'
  for (const arg of parsed.globals) at(arg).changed('its value is in the images that it names')
  readEnv(reading, lines, component, build.isStatic)
  if (!build.isStatic) readRun(reading, lines, component)
  readRest(reading, chain, lines, component)
  manifest.components = { ...manifest.components, [name]: component }
  because[`components.${name}`] = `${path}: from ${chain[0]?.image ?? 'nothing'}`
}

function readEnv({ name, root, steps, path }: ImageReading, lines: Line[], component: PartialComponent, isStatic: boolean): void {
  const env: Record<string, EnvInput> = {}
  for (const line of lines.filter((l) => l.keyword === 'ENV')) {
    for (const { name: key, value, isOpen } of line.pairs) {
      const entry = root.get(keyOf(line), key)
      const to = `components.${name}.env.${key}`
      if (key === 'PORT' && /^\d+$/.test(value ?? '')) {
        component.port = Number(value)
        entry.kept(`components.${name}.port`)
      } else if (GIVEN.test(key))
        entry.changed('Landfall gives it itself', 'instances listen on the loopback, and the edge leads to them')
      else if (!/^[A-Z_a-z]\w*$/.test(key)) entry.lost('no name of a variable')
      else if (isSecretName(key) && value) {
        env[key] = { secret: true }
        entry.changed('a secret: its value stays behind', `landfall env set ${key}`)
        entry.finding(
          'warning',
          'W_SECRET_IN_IMAGE',
          `${path} has a value of ${key} in it: whoever has the image has it`,
          'take it out, and make a new one',
        )
        steps.push({ title: `set ${key}`, commands: [`landfall env set ${key}`] })
      } else if (secretLiteral(value ?? '')) {
        env[key] = { secret: true }
        entry.changed('it looks like a secret: its value stays behind', `landfall env set ${key}`)
        entry.finding(
          'warning',
          'W_SECRET_IN_IMAGE',
          `${key} in ${path} looks like ${secretLiteral(value ?? '')}`,
          'take it out, and make a new one',
        )
        steps.push({ title: `set ${key}`, commands: [`landfall env set ${key}`] })
      } else if (isOpen) entry.lost('it is made of values that are not known here', `landfall env set ${key}`)
      else {
        env[key] = (value ?? '').replaceAll('$', '$$$$')
        entry.kept(to)
      }
    }
  }
  if (Object.keys(env).length > 0 && !isStatic) component.env = env
}

function readRun(reading: ImageReading, lines: Line[], component: PartialComponent): void {
  const { name, root, path } = reading
  const last = (keyword: string) => lines.findLast((l) => l.keyword === keyword)
  const entrypoint = last('ENTRYPOINT')
  const cmd = last('CMD')
  readPorts(reading, lines, component)
  const found = readCommand(entrypoint, cmd, component.port)
  for (const line of lines.filter((l) => l.keyword === 'ENTRYPOINT' || l.keyword === 'CMD')) {
    const entry = root.get(keyOf(line))
    if (line !== entrypoint && line !== cmd) entry.changed('a later one counts')
    else if (!found) entry.lost('nothing of it is a command of the app')
    else if (found.isShell || found.ports.length > 0 || found.wasOpen || line.keyword === 'ENTRYPOINT') {
      entry.changed(`became components.${name}.run, without what only a container needs`)
    } else entry.kept(`components.${name}.run`)
  }
  const main = root.get(keyOf(entrypoint ?? cmd ?? lines[0] ?? reading.parsed.stages[0]!.from))
  const isSecret = found !== undefined && [found.run].flat().some((w) => w.split(/[\s=]+/).some((part) => secretLiteral(part)))
  if (isSecret) {
    for (const line of [entrypoint, cmd])
      if (line) root.get(keyOf(line)).lost('it looks as if a secret stood in it', 'read it from a variable')
  } else if (!found) {
    main.finding('warning', 'W_NO_COMMAND', `${path} does not say what is run: its base image does`, `set components.${name}.run`)
  } else {
    component.run = found.run
    if (found.isShell)
      main.finding(
        'warning',
        'W_SHELL_FORM',
        'a shell is process 1 there: SIGTERM does not reach the app',
        'write it as an array: CMD ["node", "server.js"]',
      )
    if (found.ports.length > 0)
      main.finding(
        'changed',
        'W_FIXED_PORT',
        `${found.ports.join(', ')} stood in the command; instances have ports of their own`,
        'see that the app takes PORT',
      )
    if (found.script !== undefined) readScript(reading, main, found.script, component)
  }
  const health = last('HEALTHCHECK')
  if (health) readHealthcheck(reading, health, component)
  if (component.port !== undefined || component.health !== undefined) component.type = 'web'
}

/** The script that comes first: what it ends in, and which of its lines belong to a release. */
function readScript(
  { path, context, name, because }: ImageReading,
  entry: Entry,
  script: string,
  component: PartialComponent,
): void {
  const folder = posix.dirname(path)
  const base = posix.basename(script)
  const file = [...context.files.names]
    .sort()
    .find((n) => posix.basename(n) === base && (folder === '.' || n.startsWith(`${folder}/`)))
  const start = file === undefined ? undefined : readStart(context.files, file)
  if (!start) {
    entry.finding(
      'changed',
      'W_ENTRYPOINT_SCRIPT',
      `${base} runs before the app, and is not here to be read`,
      'what it does once per release belongs under `release`, with a `check`',
    )
    return
  }
  if (start.run) component.run = start.run
  if (start.release.length > 0) {
    component.release = start.release
    because[`components.${name}.release`] = `${start.file}, before the app starts`
  }
  const left = start.left.length > 0 ? `; not taken over: ${start.left.slice(0, 4).join(' · ')}` : ''
  entry.finding(
    'changed',
    'W_ENTRYPOINT_SCRIPT',
    `${base} runs at every start of a container${left}`,
    'a step of a release runs once, and wants a `check`',
  )
}

function readPorts({ name, root }: ImageReading, lines: Line[], component: PartialComponent): void {
  for (const line of lines.filter((l) => l.keyword === 'EXPOSE')) {
    for (const [i, word] of line.words.entries()) {
      const entry = root.get(keyOf(line), i)
      const [, number = '', protocol = 'tcp'] = /^(\d{1,5})(?:\/(\w+))?$/.exec(word) ?? []
      const port = Number(number)
      if (!port || port > 65_535) entry.lost('no single port', `set components.${name}.port`)
      else if (protocol !== 'tcp') entry.lost('the edge carries HTTP, and no UDP')
      else if (component.port === undefined || component.port === port) {
        component.port = port
        entry.kept(`components.${name}.port`)
      } else entry.lost('a component has one port', 'make what listens there a component of its own')
    }
  }
}

function readHealthcheck({ name, root }: ImageReading, line: Line, component: PartialComponent): void {
  const entry = root.get(keyOf(line))
  const isNone = /^NONE$/i.test(line.text.trim())
  const found = isNone ? undefined : readHealth(line)
  if (isNone) entry.kept()
  else if (!found) entry.lost('it asks in a way that no path says', `set components.${name}.health`)
  if (!found) return
  const { lost, path, ...rest } = found
  component.health = { path: path ?? '/', ...rest }
  entry.changed(`became components.${name}.health: asked from outside, and needs no curl in the image`)
  for (const flag of lost) entry.get(flag).lost('how long an instance may take is `grace`')
}

function readRest(reading: ImageReading, chain: Stage[], lines: Line[], component: PartialComponent): void {
  const { name, root, manifest, path } = reading
  const at = (line: Line) => root.get(keyOf(line))
  for (const line of lines) {
    const { keyword } = line
    const entry = at(line)
    if (keyword === 'USER') entry.changed('instances run under a uid of their environment')
    else if (keyword === 'STOPSIGNAL') {
      const signal = line.text.trim().replace(/^(?!SIG)/, 'SIG')
      if (SIGNALS.has(signal)) {
        component.stop = { signal: signal as 'SIGTERM' } // One of SIGNALS.
        entry.kept(`components.${name}.stop.signal`)
      } else entry.lost('no signal that asks a program to end')
    } else if (keyword === 'VOLUME') readVolume(reading, line, component)
    else if (keyword === 'LABEL' || keyword === 'MAINTAINER') entry.lost('a remark for registries')
    else if (keyword === 'SHELL') entry.lost('commands run without a shell here')
    else if (keyword === 'ONBUILD') {
      entry.lost('it is for images that are made from this one')
      entry.finding(
        'warning',
        'W_ONBUILD',
        `ONBUILD in ${path} does something in a build that does not show there`,
        'write it into the Dockerfile that it is meant for',
      )
    }
  }
  const isRoot = !lines.some((l) => l.keyword === 'USER' && !/^(root|0)(:|$)/.test(l.text.trim()))
  const last = chain.at(-1)
  if (isRoot && last && component.type !== 'static') {
    at(last.from).finding(
      'warning',
      'W_ROOT_USER',
      `the image of ${path} runs as root`,
      'Landfall never does; see that the app needs no right of root',
    )
  }
  if (component.mounts && manifest.resources === undefined) manifest.resources = {}
}

/** A nameless volume is found again by nobody: it becomes one with a name. */
function readVolume({ name, root, manifest, path }: ImageReading, line: Line, component: PartialComponent): void {
  const folders = line.exec ?? line.words
  for (const [i, folder] of folders.entries()) {
    const entry = root.get(keyOf(line), i)
    const plain = posix
      .basename(folder)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
    const volume = /^[a-z][a-z0-9-]+$/.test(plain) && plain !== name ? plain : `${name}-data`
    if (!folder.startsWith('/')) {
      entry.lost('no folder of the image')
      continue
    }
    manifest.resources = { ...manifest.resources, [volume]: { type: 'volume' } }
    component.mounts = { ...(Array.isArray(component.mounts) ? {} : component.mounts), [volume]: folder }
    entry.changed(`became the volume ${volume}, which has a name and stays`)
    entry.finding(
      'warning',
      'W_ANONYMOUS_VOLUME',
      `VOLUME in ${path} makes a new, nameless volume with each container: what was in the old one is not found again`,
      'name it where the container is run',
    )
  }
}
