import { posix } from 'node:path'
import type { PartialComponent } from '../../manifest/partial.ts'
import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import { splitCommand } from '../../manifest/split-command.ts'
import { keyOf, type Line, type Stage } from './parse-dockerfile.ts'
import type { ImageReading } from './read-image.ts'

export interface ReadBuild {
  build: NonNullable<PartialComponent['build']>
  /** The image is a web server with files. */
  isStatic: boolean
}

const SERVERS = /(^|\/)(nginx|nginx-unprivileged|httpd|caddy|static-web-server)(:|@|$)/
const OTHER =
  /(^|\/)(golang|rust|openjdk|eclipse-temurin|maven|gradle|php|ruby|elixir|mcr\.microsoft\.com\/dotnet\S*|composer|dart|swift|haskell|oven\/bun|denoland\/deno)(:|@|$)/
const INSTALLS =
  /^(npm (ci|install|i)|pnpm (install|i)|yarn( install)?|corepack|npm install -g|(\S*\/)?pip3? (install|wheel)|python3? -m (venv|pip)|uv (sync|pip|venv)|poetry (install|config)|pipenv)\b/
const PRUNES =
  /^(npm prune|pnpm prune|ln -s|yarn install --production|rm -rf? |(mkdir|chown|chmod|addgroup|adduser|groupadd|useradd)\b)/
/** What only containers need, or what asks for their health. */
const CONTAINERS = /^(tini|dumb-init|gosu|su-exec|curl|wget|ca-certificates|bash)$/
const SYSTEM = /\b(apt-get|apt|apk|yum|dnf|microdnf)\s+(-\S+\s+)*(install|add)\s+(.+)/

/** How it is built, as far as builders know the same: runtime, build command, and what of it is published. */
export function readBuild(reading: ImageReading, chain: Stage[]): ReadBuild {
  const { parsed, root, path } = reading
  const build: ReadBuild['build'] = {}
  const last = parsed.stages.at(-1)
  const isStatic = chain.some((s) => SERVERS.test(s.image))
  const packages: string[] = []
  for (const stage of parsed.stages) {
    readFrom(reading, stage, build)
    const isFinal = chain.includes(stage)
    for (const line of stage.lines) {
      const entry = root.get(keyOf(line))
      if (line.hasHeredoc) {
        entry.lost('a script inside of the Dockerfile', 'put it into a file of its own')
        entry.finding(
          'warning',
          'W_HEREDOC',
          `${path} has a script of several lines in it, of which nothing is taken over`,
          'put it into a file, and name that as build.command',
        )
      } else if (line.keyword === 'RUN') readRunLine(reading, line, build, packages)
      else if (line.keyword === 'COPY' || line.keyword === 'ADD') readCopy(reading, line, { build, isStatic, isFinal })
      else if (line.keyword === 'WORKDIR') entry.changed('an artifact has a folder of its own')
      else if (line.keyword === 'ARG') readArg(reading, line)
      else if (line.keyword === 'ENV' && !isFinal) readBuildEnv(reading, line, build)
      else if (!isFinal) entry.changed('it is about a stage that is not shipped')
      else if (isStatic && /^(CMD|ENTRYPOINT|EXPOSE|HEALTHCHECK)$/.test(line.keyword)) entry.changed('the edge serves the files')
    }
  }
  if (packages.length > 0 && last) {
    const list = [...new Set(packages)].slice(0, 12).join(' ')
    root
      .get(keyOf(last.from))
      .finding(
        'lost',
        'W_SYSTEM_PACKAGES',
        `${path} installs ${list}: Landfall brings no packages of the system`,
        'install on the server what the app needs of them',
      )
  }
  readWorkspace(reading, chain, build)
  if (build.type === undefined && build.command !== undefined) build.type = 'command'
  if (isStatic && build.type === undefined && Object.keys(build).length === 0) build.type = 'static'
  return { build, isStatic }
}

/** The folder of a monorepo that it is about: the one that is gone into, where that has a package of its own. */
function readWorkspace({ parsed, context, path }: ImageReading, chain: Stage[], build: ReadBuild['build']): void {
  const base = posix.dirname(path)
  const runs = parsed.stages.flatMap((s) =>
    s.lines.filter((l) => l.keyword === 'RUN' && !l.exec).map((l) => /^cd ([\w./-]+) &&/.exec(l.text)?.[1]),
  )
  const folders = chain.flatMap((s) =>
    s.lines.filter((l) => l.keyword === 'WORKDIR').map((l) => /^\/app\/([\w./-]+)$/.exec(l.text.trim())?.[1]),
  )
  const workspace = [...runs, ...folders].find(
    (f) => f !== undefined && context.files.names.has(posix.join(base, f, 'package.json')),
  )
  if (workspace === undefined || !context.files.names.has(posix.join(base, 'package.json'))) return
  build.workspace = workspace
  if (build.output?.startsWith(`${workspace}/`)) build.output = build.output.slice(workspace.length + 1)
}

function readFrom({ root, path, parsed }: ImageReading, { from, image }: Stage, build: ReadBuild['build']): void {
  const entry = root.get(keyOf(from))
  const isStage = parsed.stages.some((s) => s.name === image.toLowerCase() && s.from.line < from.line)
  const platform = from.flags.platform
  if (platform) entry.finding('changed', 'W_PLATFORM', `${path} asks for ${platform}; Landfall builds for the machine it runs on`)
  if (isStage || image.toLowerCase() === 'scratch') {
    entry.kept()
    return
  }
  const runtime = /(?:^|\/)(node|python):(\d+(?:\.\d+)*)/.exec(image)
  if (runtime?.[1] === 'node' || runtime?.[1] === 'python') {
    build.type ??= runtime[1]
    if (build.type === runtime[1]) build.runtime ??= runtime[2]
    entry.changed(`became build.type and build.runtime${image.includes('alpine') ? '; Landfall runs on glibc, not musl' : ''}`)
  } else if (SERVERS.test(image)) entry.changed('the edge serves the files')
  else if (OTHER.test(image)) {
    build.type = 'command'
    entry.lost(`there is no builder for ${image}`, 'write build.install and build.command')
  } else entry.lost('a base image whose content is not known here', 'say what of it the app needs')
  if (!/@sha256:/.test(image) && (!/:[^/]+$/.test(image) || /:latest$/.test(image))) {
    entry.finding('warning', 'W_UNPINNED_IMAGE', `${image} in ${path} is another image tomorrow`, 'name a version')
  }
}

function readRunLine({ root, name }: ImageReading, line: Line, build: ReadBuild['build'], packages: string[]): void {
  const entry = root.get(keyOf(line))
  const commands = line.exec
    ? [line.exec.join(' ')]
    : line.text
        .split(/\s*&&\s*|\s*;\s*|\n/)
        .map((c) => c.trim())
        .filter(Boolean)
  const rest: string[] = []
  for (const command of commands) {
    if (
      !SYSTEM.test(command) &&
      !/^(apt-get|apt|apk|rm -rf \/var|set |export |echo )/.test(command) &&
      !/^cd [\w./-]+$/.test(command) &&
      !INSTALLS.test(command) &&
      !PRUNES.test(command)
    )
      rest.push(command)
  }
  const [only] = rest
  const wanted = commands.flatMap((c) => packagesOf(c))
  packages.push(...wanted)
  if (commands.some((c) => secretLiteral(c) !== undefined || c.split(/\s+/).some((w) => secretLiteral(w.replace(/^\w+=/, ''))))) {
    entry.lost('it looks as if a secret stood in it', 'no secret in builds')
  } else if (wanted.length > 0) entry.lost('Landfall brings no packages of the system', 'install them on the server')
  else if (rest.length === 0) entry.changed('the builder does it in its own way')
  else if (rest.length === 1 && only !== undefined && build.command === undefined && 'words' in splitCommand(only)) {
    build.command = only
    entry.kept(`components.${name}.build.command`)
  } else entry.lost('a builder takes one command', 'put these into a script, and name it as build.command')
}

/** Packages of the system that a command installs, without those that only a container needs. */
function packagesOf(command: string): string[] {
  const words = SYSTEM.exec(command)?.[4]?.split(/\s+/) ?? []
  return words.filter((w) => /^[a-z0-9]/.test(w) && !CONTAINERS.test(w))
}

function readCopy(
  { root, parsed }: ImageReading,
  line: Line,
  { build, isStatic, isFinal }: { build: ReadBuild['build']; isStatic: boolean; isFinal: boolean },
): void {
  const entry = root.get(keyOf(line))
  const [from = '', to = ''] = line.exec ?? line.words
  const shipped = parsed.stages.at(-1)?.lines.filter((l) => l.keyword === 'COPY' && l.flags.from !== undefined) ?? []
  // One folder of the build is all that is shipped: the same as an output.
  const isAll = shipped.length === 1 && /^(\.\/?|\/app\/?|\/app\/code\/?|\/usr\/src\/app\/?)$/.test(to)
  const stage = line.flags.from
  const output = /^\/(?:app\/code|app|usr\/src\/app|src|build|workspace|code)\/(.+?)\/?$/.exec(from)?.[1]
  if (line.keyword === 'ADD' && /^(https?:|git@)/.test(from)) {
    entry.lost('it is fetched while the image is built', 'fetch it in build.command')
  } else if (stage === undefined && isStatic && isFinal && /\.conf/.test(`${from} ${to}`)) {
    entry.lost('settings of a web server', 'redirects, spa and immutable files are under `serve`')
  } else if (stage === undefined) entry.kept('source')
  else if (!isFinal) entry.changed('it is about a stage that is not shipped')
  else if ((isStatic || isAll) && output && build.output === undefined) {
    build.output = output
    entry.kept('build.output')
  } else entry.changed('the artifact is what the builder leaves', 'set build.output where only a folder of it is shipped')
}

function readArg({ root, path }: ImageReading, line: Line): void {
  for (const { name, value } of line.pairs) {
    const entry = root.get(keyOf(line), name)
    if (isSecretName(name)) {
      entry.lost('a secret of the build')
      entry.finding(
        'warning',
        'W_SECRET_IN_ARG',
        `${name} in ${path}: who has the image reads it in its history`,
        'RUN --mount=type=secret, or no secret in builds',
      )
    } else
      entry.changed(
        'its value is in what it was put into',
        value === null ? `say it under build.env, where the build reads ${name}` : undefined,
      )
  }
}

function readBuildEnv({ root, name }: ImageReading, line: Line, build: ReadBuild['build']): void {
  for (const { name: key, value, isOpen } of line.pairs) {
    const entry = root.get(keyOf(line), key)
    if (/^(PATH|CI|NODE_ENV|LANG|HOME|PNPM_HOME|PYTHON\w+|PIP_\w+)$/.test(key)) entry.changed('the builder has it')
    else if (!/^[A-Z_a-z]\w*$/.test(key) || value === null || isOpen)
      entry.lost('its value is not known here', 'say it under build.env')
    else if (isSecretName(key) || secretLiteral(value)) entry.lost('a secret of the build', 'no secret in builds')
    else {
      build.env = { ...build.env, [key]: value.replaceAll('$', '$$$$') }
      entry.kept(`components.${name}.build.env.${key}`)
    }
  }
}
