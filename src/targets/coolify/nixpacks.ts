import { posix } from 'node:path'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { quoteAll } from '../../translate/image/shell.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { apiText } from './values.ts'

/** nixpacks.toml in the folder of a component: what its builder would do, in the phases that Nixpacks has. */
export function nixpacksOf(app: App, component: Component, context: WriteContext): Written['files'] {
  const recipe = context.recipe(component)
  const own = context.of(component.name)
  const wishes = context.runtimes(component)
  const node = wishes.find((w) => w.name === 'node')
  const python = wishes.find((w) => w.name === 'python')
  const { options } = component.build
  const words = (component.command ?? []).map((v) => shellText(app, component, v))
  const command = component.command
    ? words.every((w) => w !== undefined)
      ? words.join(' ')
      : undefined
    : recipe?.command && quoteAll(recipe.command)
  const lines = [`# ${writtenBy('coolify')}`, `# ${component.name}: Nixpacks finds out what is not said here.`]
  lines.push(`providers = [${[...(node ? ['"node"'] : []), ...(python ? ['"python"'] : [])].join(', ')}]`, '')
  const variables = {
    ...(node && { NIXPACKS_NODE_VERSION: /\d+/.exec(node.version)?.[0] ?? '24' }),
    ...(python && { NIXPACKS_PYTHON_VERSION: /3\.\d+/.exec(python.version)?.[0] ?? '3.13' }),
  }
  if (Object.keys(variables).length > 0)
    lines.push('[variables]', ...Object.entries(variables).map(([k, v]) => `${k} = ${JSON.stringify(v)}`), '')
  // Coolify asks for health with curl inside of the container.
  lines.push('[phases.setup]', 'aptPkgs = ["...", "curl"]', '')
  if (options.install) lines.push('[phases.install]', `cmds = [${JSON.stringify(quoteAll(options.install))}]`, '')
  if (options.command) lines.push('[phases.build]', `cmds = [${JSON.stringify(quoteAll(options.command))}]`, '')
  if (command !== undefined) lines.push('[start]', `cmd = ${JSON.stringify(`exec ${command}`)}`, '')
  markNixpacks(component, context, command !== undefined)
  if (component.releaseSteps.length > 0) {
    own
      .get('release')
      .finding(
        'warning',
        'W_RELEASE_BY_HAND',
        `nothing runs the release of ${component.name}: Coolify’s hook before a deployment runs in the old container`,
        '--option build=dockerfile has an entrypoint for it',
      )
  }
  return { [posix.join(context.folder(component), 'nixpacks.toml')]: { text: `${lines.join('\n').trimEnd()}\n` } }
}

/** `$PORT` is read by the shell that Nixpacks starts. */
function shellText(app: App, component: Component, value: NonNullable<Component['command']>[number]): string | undefined {
  const parts = value.type === 'join' ? value.parts : [value]
  const texts = parts.map((part) =>
    part.type === 'instance' && part.field === 'port'
      ? '$PORT'
      : part.type === 'stored'
        ? `$${part.name}`
        : apiText(app, component, part),
  )
  if (!texts.every((t) => t !== undefined)) return undefined
  const text = texts.join('').replace(/(^|=)(127\.0\.0\.1|localhost)(?=:|$)/, '$10.0.0.0')
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : `"${text.replace(/["\\`]/g, '\\$&')}"`
}

function markNixpacks(component: Component, context: WriteContext, hasCommand: boolean): void {
  const own = context.of(component.name)
  own.get('source').kept('base_directory')
  const build = own.get('build')
  build.get('type').kept('providers')
  build.get('install').kept('phases.install')
  build.get('command').kept('phases.build')
  build.get('runtime').changed('the line of it that Nixpacks has')
  build.get('workspace').lost('Nixpacks builds the folder that it is shown', '--option build=dockerfile')
  build.get('output').lost('all of the folder is shipped', '--option build=dockerfile')
  for (const key of ['timeout', 'memory', 'cpu'] as const) build.get(key).lost('Coolify has no limit for a build')
  for (const key of ['env', 'args'] as const) build.get(key).kept('envs')
  if (hasCommand) own.get('run').changed('start.cmd: a shell starts it, and it listens on all addresses')
  else own.get('run').lost('it has a value in it that only the platform knows')
  own.get('release').lost('nothing runs it', '--option build=dockerfile has an entrypoint for it')
  own.get('bootstrap').lost('nothing runs it', '--option build=dockerfile has an entrypoint for it')
  for (const need of own.get('needs').items())
    need.lost('Coolify starts applications without waiting', 'let the app try again until its database answers')
  own.get('test').lost('Nixpacks tests nothing')
  own.get('stop', 'signal').lost('Docker’s SIGTERM')
  own.get('user').lost('Nixpacks’ images run as root')
}
