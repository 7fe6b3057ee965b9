import { isSecretName, secretLiteral } from '../../manifest/secret-words.ts'
import type { Entry } from '../../model/target.ts'
import { componentIn, type Reading } from './read.ts'
import { commandOf, phaseCommand } from './read-commands.ts'

/** nixpacks.toml and nixpacks.json: how the folder that it stands in is built and started. */
export function readNixpacks(reading: Reading, path: string, root: Entry): void {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
  const { name, component } = componentIn(reading, folder)
  const to = `components.${name}`
  component.type ??= 'web'
  const build: NonNullable<typeof component.build> = { ...component.build }
  for (const provider of root.get('providers').items()) {
    const text = provider.text()
    if ((text === 'node' || text === 'python') && build.type === undefined) {
      build.type = text
      provider.kept(`${to}.build.type`)
    } else if (text === '...' || text === 'staticfile') provider.changed('found out from the files')
    else provider.lost(`there is no builder for ${text ?? 'it'}`, 'build: { type: command }')
  }
  readVariables(reading, root.get('variables'), name, build)
  const phases = root.get('phases')
  const install = phaseCommand(phases.get('install', 'cmds'), `${to}.build.install`)
  const command = phaseCommand(phases.get('build', 'cmds'), `${to}.build.command`)
  if (install !== undefined) build.install = install
  if (command !== undefined) build.command = command
  for (const phase of phases.entries()) {
    for (const key of ['nixPkgs', 'nixLibs', 'aptPkgs'] as const) readPackages(phase.get(key), path)
    for (const key of ['nixOverlays', 'nixpkgsArchive', 'cacheDirectories', 'onlyIncludeFiles', 'paths', 'dependsOn'] as const) {
      phase.get(key).lost('builders have an order and caches of their own')
    }
    if (phase.key !== 'install' && phase.key !== 'build')
      phase.get('cmds').lost('there is no such phase', 'put it into build.command')
  }
  const start = root.get('start', 'cmd')
  const run = commandOf(start.text() ?? '')
  if (run !== undefined) {
    component.run = run
    start.changed(`became ${to}.run: no shell starts it`)
  } else start.lost('it needs a shell, or a secret stands in it', `set ${to}.run`)
  for (const key of ['runImage', 'onlyIncludeFiles'] as const) root.get('start', key).lost('an artifact is what the build leaves')
  root.get('buildImage').lost('builds run on this machine')
  root.get('staticAssets').lost('put the files into the source')
  if (Object.keys(build).length > 0) component.build = build
  reading.because[to] ??= path
}

function readVariables(reading: Reading, variables: Entry, name: string, build: Record<string, unknown>): void {
  for (const variable of variables.entries()) {
    const { key } = variable
    const text = variable.text() ?? ''
    if (/^NIXPACKS_(NODE|PYTHON)_VERSION$/.test(key)) {
      build.runtime = text
      variable.kept(`components.${name}.build.runtime`)
    } else if (key === 'PORT' && /^\d{2,5}$/.test(text) && Number(text) < 65_536) {
      const component = reading.manifest.components?.[name]
      if (component) component.port = Number(text)
      variable.kept(`components.${name}.port`)
    } else if (isSecretName(key) || secretLiteral(text)) {
      const component = reading.manifest.components?.[name]
      if (component) component.env = { ...component.env, [key]: { secret: true } }
      variable.changed('a secret: its value stays behind', `landfall env set ${key}`)
      variable.finding('warning', 'W_SECRET_IN_FILE', `${key} stands in a file that git has`, 'take it out, and make a new one')
      reading.steps.push({ title: `set ${key}`, commands: [`landfall env set ${key}`] })
    } else if (/^(PORT|PATH|HOME|NODE_OPTIONS|NIXPACKS_\w+|LD_\w+|LANDFALL_\w+)$/.test(key))
      variable.changed('the builder decides it')
    else if (/^[A-Z_a-z]\w*$/.test(key)) {
      build.env = { ...(build.env as Record<string, string> | undefined), [key]: text.replaceAll('$', '$$$$') }
      variable.kept(`components.${name}.build.env.${key}`)
    } else variable.lost('no name of a variable')
  }
}

export function readPackages(entry: Entry, path: string): void {
  const wanted = entry
    .items()
    .filter((i) => !/^(\.\.\.|curl|wget|nodejs.*|npm.*|pnpm.*|yarn.*|python.*|gcc)$/.test(i.text() ?? ''))
  for (const item of entry.items()) item.changed('the builder has it, or needs none')
  for (const item of wanted) item.lost('Landfall brings no packages of the system', 'install it on the server')
  if (wanted.length === 0) return
  const names = wanted.map((w) => w.text()).join(' ')
  entry.finding('lost', 'W_SYSTEM_PACKAGES', `${path} installs ${names}`, 'install on the server what the app needs of them')
}
