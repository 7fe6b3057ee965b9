import type { Entry } from '../../model/target.ts'
import { componentIn, type Reading } from './read.ts'
import { commandOf } from './read-commands.ts'
import { readPackages } from './read-nixpacks.ts'

/** railpack.json: what came after Nixpacks. */
export function readRailpack(reading: Reading, path: string, root: Entry): void {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
  const { name, component } = componentIn(reading, folder)
  const to = `components.${name}`
  component.type ??= 'web'
  const build: NonNullable<typeof component.build> = { ...component.build }
  root.get('$schema').kept()
  const provider = root.get('provider')
  if (provider.text() === 'node' || provider.text() === 'python') {
    build.type = provider.text() as 'node'
    provider.kept(`${to}.build.type`)
  } else provider.lost(`there is no builder for ${provider.text() ?? 'it'}`, 'build: { type: command }')
  for (const version of root.get('packages').entries()) {
    const text =
      typeof version.value === 'string' || typeof version.value === 'number'
        ? String(version.value)
        : version.get('version').text()
    if ((version.key === 'node' || version.key === 'python') && text !== undefined && build.runtime === undefined) {
      build.runtime = text
      version.kept(`${to}.build.runtime`)
    } else version.lost('builders bring Node and Python', 'install it on the server')
  }
  readPackages(root.get('buildAptPackages'), path)
  readPackages(root.get('deploy', 'aptPackages'), path)
  const start = root.get('deploy', 'startCommand')
  const run = commandOf(start.text() ?? '')
  if (run !== undefined) {
    component.run = run
    start.changed(`became ${to}.run: no shell starts it`)
  } else start.lost('it needs a shell, or a secret stands in it', `set ${to}.run`)
  for (const variable of root.get('deploy', 'variables').entries()) {
    if (
      /^[A-Z_a-z]\w*$/.test(variable.key) &&
      !/^(PORT|PATH|HOME|NODE_OPTIONS|LD_\w+|LANDFALL_\w+)$/.test(variable.key) &&
      !/SECRET|TOKEN|PASSWORD|KEY/i.test(variable.key)
    ) {
      component.env = { ...component.env, [variable.key]: (variable.text() ?? '').replaceAll('$', '$$$$') }
      variable.kept(`${to}.env.${variable.key}`)
    } else variable.lost('it is given by Landfall, or is a secret', `landfall env set ${variable.key}`)
  }
  for (const step of root.get('steps').entries()) readStep(step, build, to)
  root.get('secrets').changed('no secret is part of a build', 'name it under env, with secret: true')
  root.get('caches').changed('builds have caches of their own')
  for (const key of ['base', 'inputs', 'paths'] as const) root.get('deploy', key).lost('an artifact is what the build leaves')
  if (Object.keys(build).length > 0) component.build = build
  reading.because[to] ??= path
}

function readStep(step: Entry, build: Record<string, unknown>, to: string): void {
  const commands = step
    .get('commands')
    .items()
    .filter((c) => c.text() !== '...')
  const texts = commands.map((c) => (typeof c.value === 'string' ? c.value : c.get('cmd').text()))
  const [only] = texts
  const key = step.key === 'install' ? 'install' : step.key === 'build' ? 'command' : undefined
  const command = key !== undefined && texts.length === 1 && only !== undefined ? commandOf(only) : undefined
  if (key !== undefined && command !== undefined) {
    build[key] = command
    step.get('commands').kept(`${to}.build.${key}`)
  } else if (texts.length === 0) step.get('commands').changed('what the builder does itself')
  else step.get('commands').lost('a builder takes one command of each kind, and no files', 'put it into a script')
  for (const other of ['inputs', 'secrets', 'assets', 'variables', 'caches', 'deployOutputs'] as const)
    step.get(other).lost('builders have an order and caches of their own')
}
