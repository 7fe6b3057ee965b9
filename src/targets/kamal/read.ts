import { isRoutePath, notAHost } from '../../manifest/names.ts'
import type { PartialComponent, PartialManifest } from '../../manifest/partial.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry, ManualStep, Read, ReadContext } from '../../model/target.ts'
import { readAccessories } from './read-accessories.ts'
import { readEnv } from './read-env.ts'
import { readRoles } from './read-roles.ts'
import { readVolumes } from './read-volumes.ts'

export interface Reading {
  context: ReadContext
  file: string
  service: string
  manifest: PartialManifest & { components: Record<string, PartialComponent> }
  because: Record<string, string>
  asked: Set<string>
  steps: ManualStep[]
  /** Name of the accessory's container there -> resource. */
  accessories: Map<string, string>
  /** The first one of its proxy. */
  host?: string
}

/** config/deploy.yml of Kamal: roles as components, accessories as resources, and the hosts of its proxy as routes. */
export async function read(context: ReadContext): Promise<Read> {
  const isBase = (name: string) => /^config\/deploy\.ya?ml$/.test(name)
  const base = context.found.find(isBase) ?? context.found[0]
  if (base === undefined) return { manifest: {}, because: {}, steps: [] }
  const [root] = context.open(base, 'yaml')
  const reading: Reading = {
    context,
    file: base,
    service: root?.get('service').text() ?? context.folderName,
    manifest: { components: {} },
    because: {},
    asked: new Set(),
    steps: [],
    accessories: new Map(),
  }
  if (root?.value !== undefined) readBase(reading, root)
  for (const file of context.found.filter((f) => f !== base)) {
    const [other] = context.open(file, 'yaml')
    if (other?.value !== undefined) readDestination(reading, other, file)
  }
  const { manifest, because, steps, asked } = reading
  if (asked.size > 0)
    steps.unshift({
      title: 'set the values of its secrets',
      commands: [...asked].sort().map((name) => `landfall env set ${name}`),
    })
  const { components, ...rest } = manifest
  return { manifest: Object.keys(components).length > 0 ? manifest : rest, because, steps }
}

function readBase(reading: Reading, root: Entry): void {
  const { manifest, service } = reading
  const name = nameFrom(service, '')
  if (name !== '') manifest.app = name
  if (name === service) root.get('service').kept('app')
  else root.get('service').changed(name === '' ? 'the folder names the app' : `became ${name}`)
  readAccessories(reading, root.get('accessories'))
  readRoles(reading, root)
  readVolumes(reading, root.get('volumes'))
  const env = readEnv(reading, root.get('env'))
  if (Object.keys(env).length > 0) manifest.env = env
  const proxy = root.get('proxy')
  readProxyHosts(reading, proxy)
  const [host] = [...proxy.get('host').items(), ...proxy.get('hosts').items()]
  if (host?.text() !== undefined) reading.host = host.text() ?? ''
  const keep = root.get('retain_containers')
  const kept = keep.number()
  if (kept !== undefined && Number.isInteger(kept) && kept >= 1 && kept <= 50) {
    manifest.keep = { releases: kept }
    keep.kept('keep.releases')
  }
  readAliases(reading, root.get('aliases'))
  lose(reading, root)
}

/** Hosts that the proxy answers for: of the app, or of one role. */
export function readProxyHosts(reading: Reading, proxy: Entry, to?: string): void {
  const { manifest } = reading
  const target = to ?? Object.entries(manifest.components).find(([, c]) => c.type === 'web')?.[0]
  const prefix = proxy.get('path_prefix')
  const path = prefix.text()
  const isPath = path !== undefined && isRoutePath(path) && path !== '/'
  for (const host of [...proxy.get('host').items(), ...proxy.get('hosts').items()]) {
    const said = host.text() ?? ''
    const wrong = said.includes('<%') ? 'is made by Ruby' : notAHost(said)
    if (wrong !== undefined || target === undefined) {
      host.lost(target === undefined ? 'no role answers requests' : `it ${wrong}`)
      continue
    }
    manifest.routes = [...(manifest.routes ?? []), { host: said, ...(isPath && { path }), to: target }]
    host.kept('routes')
  }
  if (isPath) prefix.kept('routes')
  else prefix.lost('this is no path that a route can have')
  proxy.get('strip_path_prefix').lost('the path stays as it was asked for', 'let the program know where it lies')
  proxy.get('ssl').changed('the edge takes care of certificates')
  proxy.get('ssl_redirect').changed('the edge takes care of it')
  for (const key of ['response_timeout', 'buffering', 'logging', 'forward_headers', 'run', 'tls_version'])
    proxy.get(key).lost('an option of their proxy')
}

function readAliases(reading: Reading, aliases: Entry): void {
  const main = reading.manifest.components.web ?? Object.values(reading.manifest.components)[0]
  for (const alias of aliases.entries()) {
    const command = /^app exec (?!.*(?:-i\b|--interactive))(?:--?[\w-]+(?:=\S+)?\s+)*["']?([^"']+)["']?$/.exec(
      alias.text() ?? '',
    )?.[1]
    const name = nameFrom(alias.key, '')
    if (!main || command === undefined || name === '' || /[$|;&<>`]/.test(command)) {
      alias.lost('a command of their own tool', 'landfall exec, landfall logs')
      continue
    }
    main.tasks = { ...main.tasks, [name]: [command] }
    alias.changed(`landfall run web.${name}`)
  }
}

function lose(reading: Reading, root: Entry): void {
  const { context } = reading
  root.get('image').changed('an image is not needed: Landfall builds the source')
  root.get('builder').lost('the Dockerfile says how it is built', 'landfall import . --from kamal,dockerfile reads that too')
  root.get('registry').lost('no registry is needed')
  for (const key of ['ssh', 'sshkit']) root.get(key).lost('Landfall is on the machine itself')
  root
    .get('asset_path')
    .lost('files of before are not kept beside those of now', 'name them by their content, and serve them as a static component')
  root.get('boot').changed('new instances start beside the old ones, all at once')
  for (const key of [
    'primary_role',
    'require_destination',
    'minimum_version',
    'allow_empty_roles',
    'run_directory',
    'hooks_path',
    'secrets_path',
    'error_pages_path',
    'logging',
    'labels',
    'otel',
    'output',
    'rollout',
    'readiness_delay',
  ])
    root.get(key).lost('a setting of their own tool')
  const hooks = [...context.files.names].filter((n) => /^\.kamal\/hooks\/[\w-]+$/.test(n)).sort()
  const where = hooks.length > 0 ? hooks.join(', ') : 'the entrypoint of the image'
  root.finding(
    'warning',
    'W_NO_RELEASE_STEP',
    `Kamal has no step of a release: what migrates the database stands in ${where}`,
    'name it: release: [bin/rails db:migrate]',
  )
}

/** What another destination changes: its hosts. The rest of it is for a person to look at. */
function readDestination(reading: Reading, root: Entry, file: string): void {
  const name = nameFrom(/deploy\.([^.]+)\.ya?ml$/.exec(file)?.[1] ?? '', '')
  const host = root.get('proxy', 'host')
  const own = reading.manifest.routes?.find((r) => r.host === reading.host)?.host
  const said = host.text()
  if (name !== '' && name !== 'local' && own !== undefined && said !== undefined && notAHost(said) === undefined) {
    reading.manifest.environments = { ...reading.manifest.environments, [name]: { hosts: { [own]: said } } }
    host.kept(`environments.${name}.hosts`)
  }
  root.get('servers').changed('an environment lives where Landfall is')
  root.get('proxy', 'ssl').changed('the edge takes care of certificates')
  root.get('env').lost('what it sets stays as it is in deploy.yml', `environments: { ${name}: { env: { … } } }`)
}
