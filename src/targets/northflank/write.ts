import { posix } from 'node:path'
import { sizeMiBOf } from '../../lib/option-reader.ts'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { planReferences } from '../../translate/hosted/references.ts'
import type { PlanOptions } from '../../translate/image/plan-image.ts'
import { quote, quoteAll } from '../../translate/image/shell.ts'
import { imageOf, type WrittenImage } from '../../translate/image/write-image.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { markApp } from './mark.ts'
import { planFor } from './plans.ts'
import { sampleEnv, stepsOf } from './steps.ts'
import { addressText, isManaged, keyOf, objectName, plainText, portOf, refOf } from './values.ts'
import { buildArgumentsOf, canMake, type Draft, environmentOf } from './variables.ts'

type Mapping = Record<string, unknown>
/** What a path of a probe may be made of, by the template's own rules. */
const PROBE = /^\/([a-zA-Z0-9-._]+\/)*[a-zA-Z0-9-._]*$/

/** northflank.json: a project, its addons, what they give to services, the services, and volumes at last. */
export async function write(app: App, context: WriteContext): Promise<Written> {
  const draft: Draft = {
    app,
    context,
    isFree: context.options.plan === 'free',
    images: new Map(),
    aliases: new Map(),
    shared: new Map(),
    args: new Map(),
  }
  const files: Written['files'] = {}
  const services: Mapping[] = []
  for (const component of inOrder(app)) {
    const node = await nodeOf(draft, component, files)
    if (node) services.push(node)
  }
  const addons = app.resources.filter((r) => isManaged(app, r.name)).map((r) => addonOf(draft, r.name))
  const inside = [
    ...(addons.length > 1 ? [{ kind: 'Workflow', spec: { type: 'parallel', steps: addons } }] : addons),
    ...secretsOf(draft),
    ...services,
    ...volumesOf(draft),
  ]
  const { region = 'europe-west' } = context.options
  const project = { kind: 'Project', ref: 'project', spec: { name: projectName(app), region } }
  const within = {
    kind: 'Workflow',
    spec: { type: 'sequential', context: { projectId: ['$', '{refs.project.id}'].join('') }, steps: inside },
  }
  const names = [...(context.options.repository === undefined ? ['REPOSITORY'] : []), ...draft.args.keys()].sort()
  const data = {
    $schema: 'https://api.northflank.com/v1/schemas/template',
    apiVersion: 'v1.2',
    name: projectName(app),
    description: writtenBy('northflank'),
    options: { autorun: false, concurrencyPolicy: 'queue' },
    // Empty here: `argumentOverrides` has them, which are kept out of git.
    arguments: Object.fromEntries(names.map((name) => [name, ''])),
    spec: { kind: 'Workflow', spec: { type: 'sequential', steps: inside.length > 0 ? [project, within] : [project] } },
  }
  files['northflank.json'] = { text: `${JSON.stringify(data, null, 2)}\n` }
  files['sample.northflank.env'] = { text: sampleEnv(draft) }
  markApp(draft)
  return { files, steps: stepsOf(draft) }
}

const projectName = (app: App) => (app.name.length < 3 ? `${app.name}-app` : app.name)

/** Those that others need come first. */
function inOrder(app: App): Component[] {
  const done: Component[] = []
  const take = (component: Component, seen: string[]) => {
    if (done.includes(component) || seen.includes(component.name)) return
    for (const need of app.components.filter((c) => component.needs.includes(c.name))) take(need, [...seen, component.name])
    done.push(component)
  }
  for (const component of app.components) take(component, [])
  return done
}

function addonOf({ app, context, isFree }: Draft, name: string): Mapping {
  const resource = app.resources.find((r) => r.name === name)
  const isPostgres = resource?.type === 'postgres'
  const version = resource?.options.version
  const backup = context.manifest.get('backup').isThere && !isFree
  return {
    kind: 'Addon',
    ref: refOf(name),
    spec: {
      name: objectName(app, name, 39),
      type: isPostgres ? 'postgresql' : 'redis',
      version: version === undefined ? 'latest' : `${version}-latest`,
      // Inside of the project; with TLS an address would expect what a client does not have.
      tlsEnabled: false,
      externalAccessEnabled: false,
      billing: { deploymentPlan: 'nf-compute-20', storage: 4096, replicas: 1 },
      ...(backup && {
        backupSchedules: [
          {
            backupType: 'dump',
            scheduling: { interval: 'daily', hour: [3], minute: [30] },
            compressionType: 'gz',
            retentionTime: 30,
          },
        ],
      }),
    },
  }
}

/** What addons give, by the names that the app reads, and what is made once for several services. */
function secretsOf({ app, aliases, shared }: Draft): Mapping[] {
  if (aliases.size === 0 && shared.size === 0) return []
  const byAddon = new Map<string, Map<string, string[]>>()
  for (const [name, { resource, field }] of aliases) {
    const key = keyOf(app, resource, field)
    if (key === undefined) continue
    const keys = byAddon.get(resource) ?? new Map<string, string[]>()
    keys.set(key, [...(keys.get(key) ?? []), name])
    byAddon.set(resource, keys)
  }
  const addonDependencies = [...byAddon].map(([resource, keys]) => ({
    addonId: `\${refs.${refOf(resource)}.id}`,
    keys: [...keys].map(([keyName, names]) => ({ keyName, aliases: names })),
  }))
  return [
    {
      kind: 'SecretGroup',
      ref: 'secrets',
      spec: {
        name: objectName(app, 'secrets'),
        type: 'secret',
        secretType: 'environment',
        priority: 10,
        ...(addonDependencies.length > 0 && { addonDependencies }),
        secrets: { variables: Object.fromEntries(shared), files: {} },
      },
    },
  ]
}

/** Values that the project itself knows stand in the image's entrypoint; outputs come by a name. */
function planOf(app: App, component: Component) {
  const references = planReferences(component, (r) => r.type === 'output' && keyOf(app, r.resource, r.field) !== undefined)
  const plan: PlanOptions = {
    ...references.plan,
    word: (value) => {
      const text = value.type === 'address' ? addressText(app, value.component, value.part) : undefined
      return text === undefined ? references.plan.word?.(value) : quote(text)
    },
  }
  return { helpers: references.helpers, plan }
}

async function nodeOf(draft: Draft, component: Component, files: Written['files']): Promise<Mapping | undefined> {
  const { app, context } = draft
  const { source, type } = component
  if (type === 'artifact') return undefined
  const { helpers, plan } = planOf(app, component)
  const image =
    source.type === 'folder' ? await imageOf(app, component, context, 'northflank', { words: WORDS, plan }) : undefined
  if (image) {
    draft.images.set(component.name, image)
    Object.assign(files, image.files)
  } else if (source.type === 'folder' || source.type === 'server') {
    const message = `nothing is known of how the image of ${component.name} is made`
    context.of(component.name).finding('warning', 'W_NO_RECIPE', message, 'say which: build: { type: node }')
    return undefined
  }
  const runtimeEnvironment = environmentOf(draft, component, image, image ? helpers : new Map())
  const buildArguments = buildArgumentsOf(draft, component, image)
  const isJob = type === 'cron' || type === 'job'
  const vcs = {
    projectUrl: context.options.repository ?? ['$', '{args.REPOSITORY}'].join(''),
    projectType: /gitlab/.test(context.options.repository ?? '') ? 'gitlab' : 'github',
    projectBranch: context.options.branch ?? 'main',
  }
  const docker = dockerOf(app, component, image)
  const storage = { ephemeralStorage: { storageSize: 1024 } }
  const gracePeriodSeconds = Math.max(1, Math.round(component.stop.graceSeconds))
  const built = source.type !== 'image'
  const spec = {
    name: objectName(app, component.name, isJob ? 52 : 54),
    billing: { deploymentPlan: planFor(component).plan },
    deployment: {
      ...(!isJob && { instances: Math.max(component.instances, 0) }),
      docker,
      storage,
      gracePeriodSeconds,
      ...(!isJob && component.mounts.some((m) => m.writers === 'one') && !draft.isFree && { strategy: { type: 'recreate' } }),
      ...(source.type === 'image' && { external: { imagePath: source.image } }),
      ...(isJob && built && { vcs }),
    },
    ...(!isJob && built && { vcsData: vcs }),
    ...(built && { buildSettings: { dockerfile: dockerfileOf(component, image, context) } }),
    ...(Object.keys(buildArguments).length > 0 && { buildArguments }),
    runtimeEnvironment,
    ...(!isJob && portsOf(app, component)),
    ...(!isJob && healthOf(component)),
    ...(component.isSticky && type === 'web' && { loadBalancing: { mode: 'consistentHash', consistentHash: { mode: 'ip' } } }),
    ...(isJob && { backoffLimit: 0, runOnSourceChange: 'never' }),
    ...(type === 'cron' && cronOf(component)),
  }
  const kind = type === 'cron' ? 'CronJob' : type === 'job' ? 'ManualJob' : built ? 'CombinedService' : 'DeploymentService'
  return { kind, ref: refOf(component.name), spec }
}

/** `default` alone leaves the image its entrypoint: a command of Northflank's would take its place, and nothing would be released. */
function dockerOf(app: App, component: Component, image: WrittenImage | undefined): Mapping {
  const words = component.command?.map((v) => plainText(app, component, v)) ?? []
  if (image || words.length === 0 || !words.every((w) => w !== undefined)) return { configType: 'default' }
  return { configType: 'customCommand', customCommand: quoteAll(words) }
}

function dockerfileOf(component: Component, image: WrittenImage | undefined, context: WriteContext): Mapping {
  const folder = image?.plan.folder ?? context.folder(component)
  const { source } = component
  const file = image?.file ?? (source.type === 'dockerfile' ? source.file : 'Dockerfile')
  const at = (path: string) => `/${path === '.' ? '' : path}`
  return { buildEngine: 'buildkit', dockerFilePath: at(posix.join(folder, file)), dockerWorkDir: at(folder) }
}

function portsOf(app: App, component: Component): Mapping {
  if (component.type !== 'web' && component.type !== 'static') return {}
  const domains = [...new Set(app.routes.filter((r) => r.to === component.name && r.path === '/').map((r) => r.host))]
  const isPublic = app.routes.length === 0 || domains.length > 0
  return {
    ports: [
      {
        name: 'http',
        internalPort: portOf(component),
        public: isPublic,
        protocol: 'HTTP',
        ...(domains.length > 0 && { domains }),
      },
    ],
  }
}

function healthOf(component: Component): Mapping {
  const { health } = component
  if (health?.type !== 'http' && health?.type !== 'tcp') return {}
  const periodSeconds = Math.max(1, Math.round(health.everySeconds))
  const isPath = health.type === 'http' && PROBE.test(health.path)
  return {
    healthChecks: [
      {
        type: 'readinessProbe',
        ...(isPath ? { protocol: 'HTTP', path: health.path } : { protocol: 'TCP' }),
        port: portOf(component),
        initialDelaySeconds: 1,
        periodSeconds,
        timeoutSeconds: 6,
        failureThreshold: Math.max(3, Math.ceil(health.timeoutSeconds / periodSeconds)),
        successThreshold: 1,
      },
    ],
  }
}

function cronOf({ schedule }: Component): Mapping {
  return {
    schedule: schedule?.expression ?? '0 0 * * *',
    concurrencyPolicy: schedule?.overlap === 'replace' ? 'replace' : 'forbid',
    ...(schedule && { activeDeadlineSeconds: Math.max(1, Math.round(schedule.timeoutSeconds)) }),
  }
}

/** At the end: a volume is given to services that are there. */
function volumesOf({ app, isFree, images }: Draft): Mapping[] {
  if (isFree) return []
  return app.resources.flatMap(({ name, type, options }) => {
    const users = app.components.filter((c) => c.type !== 'static' && c.mounts.some((m) => m.volume === name))
    const [first] = users
    if (type !== 'volume' || !first) return []
    const mount = first.mounts.find((m) => m.volume === name)
    const path = images.get(first.name)?.plan.mounts.find((m) => m.volume === name)?.path ?? mount?.path ?? `/data/${name}`
    const isMany = users.length > 1 || (mount?.writers === 'many' && first.instances > 1)
    return [
      {
        kind: 'Volume',
        ref: refOf(`volume-${name}`),
        spec: {
          name: objectName(app, name, 39),
          mounts: [{ containerMountPath: path }],
          spec: {
            accessMode: isMany ? 'ReadWriteMany' : 'ReadWriteOnce',
            storageSize: Math.max(4096, sizeMiBOf(options.size) ?? 4096),
          },
          attachedObjects: users.map((c) => ({
            id: `\${refs.${refOf(c.name)}.id}`,
            type: c.type === 'cron' || c.type === 'job' ? 'job' : 'service',
          })),
        },
      },
    ]
  })
}

const WORDS = {
  given: ({ entry }: { entry: App['contract'][number] }) => {
    if (entry.generate)
      return canMake({ entry })
        ? { changed: 'fn.randomSecret makes it once, in digits of hex' }
        : { changed: 'an argument of the template' }
    if (entry.default !== undefined) return { changed: 'an alias of what its addon gives' }
    return { kept: 'an argument of the template, in sample.northflank.env' }
  },
  release: 'the entrypoint does it before the app starts, in each container; a lock of PostgreSQL lets one at a time',
  bootstrap: 'the entrypoint does it once, and notes that in the database (table landfall_once)',
}
