import { posix } from 'node:path'
import { stringify } from 'yaml'
import { LandfallError } from '../../lib/error.ts'
import { sizeMiBOf } from '../../lib/option-reader.ts'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { planReferences } from '../../translate/hosted/references.ts'
import { quote, quoteAll } from '../../translate/image/shell.ts'
import { imageOf, type WrittenImage } from '../../translate/image/write-image.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { deployScript } from './deploy-script.ts'
import { canMake, type EnvDraft, envVarsOf } from './env-vars.ts'
import { markApp } from './mark.ts'
import { planFor } from './plans.ts'
import { stepsOf } from './steps.ts'
import { isManaged, plainText, referenceOf, serviceName, serviceType } from './values.ts'

type Mapping = Record<string, unknown>
const REGIONS = ['oregon', 'ohio', 'virginia', 'frankfurt', 'singapore']

export interface Draft extends EnvDraft {
  images: Map<string, WrittenImage>
}

/** render.yaml, and an image for each component that runs; files without a program are published by Render itself. */
export async function write(app: App, context: WriteContext): Promise<Written> {
  const { region, plan } = context.options
  if (region !== undefined && !REGIONS.includes(region)) {
    const message = `region is ${REGIONS.slice(0, -1).join(', ')} or ${REGIONS.at(-1)}`
    throw new LandfallError({ code: 'E_USAGE', message, hint: '--option region=frankfurt' })
  }
  const draft: Draft = {
    app,
    context,
    isFree: plan === 'free',
    owners: new Map(),
    asked: new Map(),
    optional: new Map(),
    images: new Map(),
  }
  const files: Written['files'] = {}
  const services: Mapping[] = []
  for (const component of app.components) {
    const type = serviceType(app, component)
    if (!type) continue
    if (component.type === 'static') {
      services.push(staticSite(draft, component))
      continue
    }
    const service = await serviceOf(draft, component, type, files)
    if (service) services.push(service)
  }
  for (const { name, type, options } of app.resources) {
    if (type !== 'redis' || !isManaged(app, name)) continue
    services.push({
      type: 'keyvalue',
      name: serviceName(app, name),
      ...(region !== undefined && { region }),
      plan: draft.isFree ? 'free' : 'starter',
      // Nobody from outside.
      ipAllowList: [],
      ...(!draft.isFree && { persistenceMode: options.persistence === 'none' ? 'off' : 'journal-snapshot' }),
    })
  }
  const databases = databasesOf(draft)
  const environment = {
    name: app.environment.name,
    ...(services.length > 0 && { services }),
    ...(databases.length > 0 && { databases }),
  }
  const data = { projects: [{ name: app.name, environments: [environment] }] }
  const head = [
    writtenBy('render'),
    'It lies at the root of the repository. A sync adds and changes; what is no longer here is left as it is.',
  ]
  files['render.yaml'] = {
    text: `${head.map((l) => `# ${l}`).join('\n')}\n${stringify(data, { lineWidth: 0, aliasDuplicateObjects: false })}`,
  }
  if (context.options.script === 'yes') files['render-deploy.sh'] = { text: deployScript(app), isExecutable: true }
  markApp(draft)
  return { files, steps: stepsOf(draft) }
}

function databasesOf({ app, context, isFree }: Draft): Mapping[] {
  return app.resources.flatMap(({ name, type, options }) =>
    type === 'postgres' && isManaged(app, name)
      ? [
          {
            name: serviceName(app, name),
            ...(context.options.region !== undefined && { region: context.options.region }),
            plan: isFree ? 'free' : 'basic-256mb',
            postgresMajorVersion: String(options.version ?? 17),
            // Nobody from outside.
            ipAllowList: [],
          },
        ]
      : [],
  )
}

async function serviceOf(
  draft: Draft,
  component: Component,
  type: string,
  files: Written['files'],
): Promise<Mapping | undefined> {
  const { app, context, isFree } = draft
  const { source, limits: _, health, stop, mounts } = component
  const references = planReferences(component, (r) => referenceOf(app, r) !== undefined)
  const image =
    source.type === 'folder'
      ? await imageOf(app, component, context, 'render', { words: wordsOf(isFree), plan: references.plan })
      : undefined
  if (image) {
    draft.images.set(component.name, image)
    Object.assign(files, image.files)
  } else if (source.type === 'folder' || source.type === 'server') {
    const message = `nothing is known of how the image of ${component.name} is made`
    context.of(component.name).finding('warning', 'W_NO_RECIPE', message, 'say which: build: { type: node }')
    return undefined
  }
  const { instances } = component
  const hosts = [...new Set(app.routes.filter((r) => r.to === component.name && r.path === '/').map((r) => r.host))]
  const [mount] = isFree || component.type === 'cron' ? [] : mounts
  const size = mount && sizeMiBOf(app.resources.find((r) => r.name === mount.volume)?.options.size)
  const release = image && (image.plan.release.length > 0 || image.plan.bootstrap.length > 0)
  const helpers = image ? references.helpers : new Map()
  const envVars = envVarsOf(draft, component, image, helpers)
  if (release && !isFree) envVars.push({ key: 'LANDFALL_PREPARE', value: 'no' })
  return {
    type,
    name: serviceName(app, component.name),
    ...(source.type === 'image' ? { runtime: 'image', image: { url: source.image } } : { runtime: 'docker' }),
    ...(context.options.region !== undefined && { region: context.options.region }),
    plan: isFree && type === 'web' ? 'free' : planFor(component, context.options.plan).plan,
    ...(image && {
      dockerContext: dot(image.plan.folder),
      dockerfilePath: dot(posix.join(image.plan.folder, image.file)),
      ...(image.plan.folder !== '.' && { buildFilter: { paths: [`${image.plan.folder}/**`] } }),
    }),
    ...(source.type === 'dockerfile' && {
      dockerContext: dot(context.folder(component)),
      dockerfilePath: dot(posix.join(context.folder(component), source.file)),
    }),
    ...(type === 'cron' && { schedule: component.schedule?.expression ?? '0 0 * * *' }),
    ...(!image && dockerCommand(app, component)),
    // By way of the entrypoint, which checks variables, waits for what it needs, and has the lock.
    ...(release && !isFree && { preDeployCommand: 'env LANDFALL_PREPARE=yes /bin/sh /landfall/entrypoint.sh true' }),
    ...(type === 'web' && health?.type === 'http' && { healthCheckPath: health.path }),
    ...(type !== 'cron' && !isFree && { numInstances: mount ? 1 : Math.max(1, instances) }),
    ...(type !== 'cron' && { maxShutdownDelaySeconds: Math.min(300, Math.max(1, Math.round(stop.graceSeconds))) }),
    ...(hosts.length > 0 && { domains: hosts }),
    ...(mount && {
      disk: {
        name: mount.volume,
        mountPath: image?.plan.mounts.find((m) => m.volume === mount.volume)?.path ?? mount.path ?? `/data/${mount.volume}`,
        sizeGB: size === undefined ? 10 : Math.max(1, Math.ceil(size / 1024)),
      },
    }),
    ...(envVars.length > 0 && { envVars }),
  }
}

const dot = (path: string) => (path === '.' ? '.' : `./${path}`)

/** Without an image of ours there is no entrypoint: the command is said as a shell would run it. */
function dockerCommand(app: App, component: Component): Mapping {
  if (!component.command) return {}
  const words = component.command.map((v) => plainText(app, component, v))
  if (!words.every((w) => w !== undefined)) return {}
  return { dockerCommand: quoteAll(words) }
}

function wordsOf(isFree: boolean) {
  return {
    given: ({ entry, from: _ }: { entry: App['contract'][number]; from: unknown }) =>
      entry.generate
        ? canMake({ entry })
          ? { changed: 'generateValue: Render makes 256 bits in base64' }
          : { changed: 'sync: false, since Render makes base64 alone', hint: 'the steps have a command that makes one' }
        : entry.default !== undefined
          ? { changed: 'a reference: fromDatabase or fromService' }
          : entry.isRequired
            ? { kept: 'sync: false' }
            : { changed: 'set in the dashboard, where it is wanted' },
    release: isFree
      ? 'the entrypoint does it before the app starts: free services have no preDeployCommand'
      : 'preDeployCommand, by way of the entrypoint',
    bootstrap: isFree
      ? 'the entrypoint does it once, and notes that in the database'
      : 'preDeployCommand; that it was done stands in the database',
    isOnce: !isFree,
  }
}

/** Files that a build leaves: Render builds and publishes them without an image. */
function staticSite(draft: Draft, component: Component): Mapping {
  const { app, context } = draft
  const recipe = context.recipe(component)
  const folder = context.folder(component)
  const commands = (recipe?.steps ?? [])
    .filter((s) => s.stage !== 'prune')
    .map((s) => {
      const env = Object.entries(s.env).map(([name, text]) => `${name}=${quote(text)}`)
      const command = [...env, quoteAll(s.command)].join(' ')
      return s.cwd === '.' ? command : `(cd ${quote(s.cwd)} && ${command})`
    })
  const node = context.runtimes(component).find((w) => w.name === 'node')
  const serve = component.serve
  const routes = [
    ...(serve?.redirects ?? []).map(({ from, to }) => ({ type: 'redirect', source: from, destination: to })),
    ...(serve?.spa ? [{ type: 'rewrite', source: '/*', destination: '/index.html' }] : []),
  ]
  const headers = (serve?.immutable ?? []).map((glob) => ({
    path: `/${glob.replace(/^\/+/, '').replace(/\*\*$/, '*')}`,
    name: 'Cache-Control',
    value: 'public, max-age=31536000, immutable',
  }))
  const hosts = [...new Set(app.routes.filter((r) => r.to === component.name && r.path === '/').map((r) => r.host))]
  const envVars = envVarsOf(draft, component, undefined, new Map())
  if (node && commands.length > 0) envVars.unshift({ key: 'NODE_VERSION', value: node.version })
  return {
    type: 'web',
    name: serviceName(app, component.name),
    runtime: 'static',
    ...(folder !== '.' && { rootDir: folder }),
    ...(commands.length > 0 && { buildCommand: commands.join(' && ') }),
    staticPublishPath: dot(recipe?.output ?? component.build.options.output ?? '.'),
    ...(routes.length > 0 && { routes }),
    ...(headers.length > 0 && { headers }),
    ...(hosts.length > 0 && { domains: hosts }),
    ...(envVars.length > 0 && { envVars }),
  }
}
