import type { EnvInput, PartialComponent, PartialManifest } from '../../manifest/partial.ts'
import { splitCommand } from '../../manifest/split-command.ts'
import type { Entry, ManualStep, Read, ReadContext } from '../../model/target.ts'
import { findStart } from '../../translate/image/read-start.ts'
import { ADDON_VARIABLES } from './values.ts'

const RESOURCES: Record<string, { name: string; type: string }> = {
  postgresql: { name: 'db', type: 'postgres' },
  redis: { name: 'cache', type: 'redis' },
  sendmail: { name: 'mail', type: 'mail' },
}
/** Of the shop, of the dashboard, or of Cloudron's own versions: nothing that an app needs in order to run. */
const SHOP =
  /^(author|description|tagline|website|contactEmail|icon|tags|mediaLinks|changelog|documentationUrl|forumUrl|upstreamVersion|packagerName|packagerUrl|postInstallMessage|configurePath|checklist|minBoxVersion|maxBoxVersion|targetBoxVersion|dockerImage|iconUrl)$/

/** The app of a CloudronManifest.json: one web component, its addons as resources, and the names that its code reads. */
export async function read(context: ReadContext): Promise<Read> {
  const manifest: PartialManifest = {}
  const because: Record<string, string> = {}
  const steps: ManualStep[] = []
  for (const path of context.found) {
    const [root] = context.open(path, 'json')
    if (root?.value !== undefined) readOne(root, path, { context, manifest, because, steps })
  }
  return { manifest, because, steps }
}

interface Reading {
  context: ReadContext
  manifest: PartialManifest
  because: Record<string, string>
  steps: ManualStep[]
}

function readOne(root: Entry, path: string, { context, manifest, because, steps }: Reading): void {
  const component: PartialComponent = { type: 'web' }
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
  if (folder !== '.') component.source = folder
  const port = root.get('httpPort').number()
  if (port !== undefined && Number.isInteger(port) && port > 0 && port < 65_536) {
    component.port = port
    root.get('httpPort').kept('port')
  } else root.get('httpPort').lost('no port')
  readHealth(root.get('healthCheckPath'), component)
  readMemory(root.get('memoryLimit'), component)
  readNames(root, manifest, context)
  const env = readAddons(root.get('addons'), component, { context, manifest, because, steps })
  const start = findStart(context.files, folder)
  const name = ownNames(context, folder).component ?? 'web'
  if (start) {
    const { run, release, file, left } = start
    if (run) component.run = run
    if (release.length > 0) component.release = release
    because[`components.${name}.run`] = `${file}: what it starts in the end`
    const message = `${file} becomes ${['run', ...(release.length > 0 ? ['release'] : [])].join(' and ')}${left.length > 0 ? `; not taken over: ${left.slice(0, 4).join(' · ')}` : ''}`
    const hint = 'folders, owners and caches are Landfall’s own business; anything else belongs under `release`'
    context.finding({ level: 'changed', code: 'W_START_SCRIPT', at: file, message, hint })
  }
  if (Object.keys(env).length > 0) manifest.env = { ...env, ...manifest.env }
  for (const entry of root.entries()) if (SHOP.test(entry.key)) entry.lost('it is for Cloudron’s shop and dashboard')
  for (const key of ['tcpPorts', 'udpPorts', 'httpPorts'])
    root.get(key).lost('a component has one port, and the edge carries HTTP', 'make what listens there a component of its own')
  for (const key of ['runtimeDirs', 'persistentDirs'])
    root.get(key).lost('an instance writes into its volumes and to TMPDIR', 'name it under `mounts`')
  for (const key of ['logPaths', 'backupCommand', 'restoreCommand'])
    root.get(key).lost('Landfall does it in its own way', 'logs go to stdout; volumes and databases are backed up as they are')
  root.get('manifestVersion').kept()
  root.get('capabilities').lost('instances have no rights of root')
  root.get('optionalSso').lost('there is no single sign-on')
  root.get('multiDomain').changed('write one route for each domain')
  manifest.components = { ...manifest.components, [name]: component }
  because[`components.${name}`] ??= `${path}: the one container of the app`
}

function readHealth(entry: Entry, component: PartialComponent): void {
  const health = entry.text()
  if (health?.startsWith('/')) {
    component.health = health
    entry.kept('health')
  } else entry.lost('no path')
}

function readMemory(entry: Entry, component: PartialComponent): void {
  const value = entry.value
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?) *([kmgt])b$/i.exec(value) : undefined
  const bytes =
    typeof value === 'number'
      ? value
      : match
        ? Number(match[1]) * 1024 ** ('kmgt'.indexOf((match[2] ?? 'm').toLowerCase()) + 1)
        : undefined
  const size = bytes === undefined ? 0 : Math.round(bytes / 1024 ** 2)
  if (size > 0) {
    component.scale = { memory: `${size}Mi` }
    entry.changed('became scale.memory; Cloudron counts swap too')
  } else entry.lost('no size')
}

function readNames(root: Entry, manifest: PartialManifest, context: ReadContext): void {
  const id = root.get('id').text()
  const title = root.get('title').text()
  const wanted = [
    title,
    id
      ?.split('.')
      .filter((p) => !/^(cloudronapp|app|org|com|net|info|io)$/.test(p))
      .at(-1),
    context.folderName,
  ]
  const names = wanted.map((w) =>
    (w ?? '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
      .slice(0, 40),
  )
  const name = names.find((n) => /^[a-z][a-z0-9-]*[a-z0-9]$/.test(n))
  if (name !== undefined) manifest.app = name
  root.get('title').changed('became the name of the app')
  root.get('id').lost('only Cloudron names apps so')
  const version = root.get('version').text()
  if (version === undefined) return
  const isSame = new RegExp(`"version"\\s*:\\s*"${version.replace(/[^\w.-]/g, '').replaceAll('.', '\\.')}"`).test(
    context.files.text('package.json') ?? '',
  )
  manifest.version = isSame ? { file: 'package.json' } : version
  root.get('version').kept('version')
}

function readAddons(addons: Entry, component: PartialComponent, reading: Reading): Record<string, EnvInput> {
  const env: Record<string, EnvInput> = {}
  const { manifest } = reading
  const code = codeOf(reading.context)
  for (const addon of addons.entries()) {
    const known = RESOURCES[addon.key]
    if (known) {
      manifest.resources = { ...manifest.resources, [known.name]: { type: known.type } }
      addon.kept(`resources.${known.name}`)
      for (const option of addon.entries()) option.lost('the resource has no such option')
      const variables = ADDON_VARIABLES[known.type] ?? {}
      const used = Object.entries(variables).filter(([, name]) => code.includes(name))
      for (const [field, name] of used.length > 0 ? used : Object.entries(variables).slice(0, 1))
        env[name] = { from: `${known.name}.${field}` }
    } else if (addon.key === 'localstorage') {
      manifest.resources = { ...manifest.resources, data: { type: 'volume' } }
      component.mounts = { data: '/app/data' }
      addon.kept('resources.data')
      for (const option of addon.entries()) option.lost('a volume has no such option')
    } else if (addon.key === 'scheduler') readScheduler(addon, component, reading)
    else addon.lost('there is no such resource', 'give its variables by `landfall env set`')
  }
  return env
}

/** Commands of a scheduler run in the app's own image. */
function readScheduler(addon: Entry, component: PartialComponent, { manifest, because }: Reading): void {
  for (const task of addon.entries()) {
    const name = task.key
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
      .slice(0, 40)
    const schedule = NAMED[task.get('schedule').text() ?? ''] ?? task.get('schedule').text()
    const command = (task.get('command').text() ?? '').replace(/^env LANDFALL_PREPARE=no \/bin\/sh \/landfall\/start\.sh /, '')
    const split = splitCommand(command)
    if (
      !('words' in split) ||
      split.words.length === 0 ||
      schedule === undefined ||
      !/^(\S+ ){4}\S+$/.test(schedule) ||
      !/^[a-z][a-z0-9-]*[a-z0-9]$/.test(name)
    ) {
      task.lost('no schedule and command that could be taken over', 'write it as a component of type cron')
      continue
    }
    const source = component.source === undefined ? {} : { source: component.source }
    manifest.components = { ...manifest.components, [name]: { type: 'cron', ...source, schedule, run: command } }
    because[`components.${name}`] = 'CloudronManifest.json: addons.scheduler'
    task.kept(`components.${name}`)
  }
}
const NAMED: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

/** What our own Dockerfile says of where it comes from. */
function ownNames({ files }: ReadContext, folder: string): { app?: string; component?: string } {
  const names = [...files.names]
    .filter((n) => n.endsWith('Dockerfile.cloudron') && (folder === '.' || n.startsWith(`${folder}/`)))
    .sort()
  const text = names.map((n) => files.text(n) ?? '').join('\n')
  const said = (name: string) => new RegExp(`\\b${name}=([a-z][a-z0-9-]{0,38}[a-z0-9])\\b`).exec(text)?.[1]
  const [app, component] = [said('LANDFALL_APP'), said('LANDFALL_COMPONENT')]
  return { ...(app && { app }), ...(component && { component }) }
}

/** The texts in which names of variables may stand. */
function codeOf({ files }: ReadContext): string {
  const names = [...files.names].filter(
    (n) => /\.(m?[jt]sx?|cjs|py|rb|php|go|sh|prisma|json|ya?ml|toml|env\w*)$/.test(n) && !/package-lock|CloudronManifest/.test(n),
  )
  return names
    .slice(0, 600)
    .map((n) => files.text(n) ?? '')
    .join('\n')
}
