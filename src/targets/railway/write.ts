import { posix } from 'node:path'
import { sizeMiBOf } from '../../lib/option-reader.ts'
import type { App, Component, EnvEntry } from '../../model/app.ts'
import type { ManualStep, WriteContext, Written } from '../../model/target.ts'
import { isReference } from '../../translate/hosted/references.ts'
import { quoteAll, valuesIn } from '../../translate/image/shell.ts'
import { imageOf, type WrittenImage } from '../../translate/image/write-image.ts'
import { buildVariablesOf, type Variable, variablesOf } from '../../translate/variables.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { Code, codeText } from './code.ts'
import { markApp } from './mark.ts'
import { isManaged, outputName, portOf, railwayText } from './values.ts'

export interface Draft {
  app: App
  context: WriteContext
  images: Map<string, WrittenImage>
  /** What a person sets, by service; those of several services are shared variables of the environment. */
  asked: Map<string, { variable: Variable; services: string[]; isShared: boolean }>
}

/** `.railway/railway.ts`: databases, volumes and services of one environment, which this file owns as a whole. */
export async function write(app: App, context: WriteContext): Promise<Written> {
  const draft: Draft = { app, context, images: new Map(), asked: new Map() }
  const files: Written['files'] = {}
  const lines: string[] = []
  const names: string[] = []
  const used = new Set(['defineRailway', 'project'])
  const bind = (name: string, call: string, ...args: unknown[]) => {
    used.add(call)
    names.push(identOf(name))
    lines.push(`const ${identOf(name)} = ${call}(${args.map((a) => codeText(a, 1)).join(', ')})`)
  }
  for (const { name, type } of app.resources) if (isManaged(app, name)) bind(name, type === 'redis' ? 'redis' : 'postgres', name)
  for (const { name, type, options } of app.resources) {
    if (type !== 'volume' || !app.components.some((c) => mountOf(c)?.volume === name)) continue
    bind(name, 'volume', name, { sizeMB: sizeMiBOf(options.size) ?? 5000 })
  }
  for (const component of app.components) {
    const options = await serviceOf(draft, component, files)
    if (options) bind(component.name, 'service', component.name, options)
  }
  const text = lines.join('\n\n')
  for (const call of ['github', 'image', 'preserve']) if (new RegExp(`\\b${call}\\(`).test(text)) used.add(call)
  const body = [text, `return project(${JSON.stringify(app.name)}, { resources: [${names.join(', ')}] })`]
    .filter((t) => t !== '')
    .join('\n\n')
  const usesContext = /\bctx\./.test(body)
  files['.railway/railway.ts'] = {
    text: `${[
      `// ${writtenBy('railway')}`,
      '// This file owns the whole environment: what is not in it is taken away by `railway config apply`, which asks first.',
      `import { ${[...used].sort().join(', ')} } from 'railway/iac'`,
      '',
      `export default defineRailway((${usesContext ? 'ctx' : ''}) => {`,
      body
        .split('\n')
        .map((l) => (l === '' ? '' : `  ${l}`))
        .join('\n'),
      '})',
    ].join('\n')}\n`,
  }
  markApp(draft)
  return { files, steps: stepsOf(draft) }
}

/** A name of JavaScript; those of ours have dashes. */
export const identOf = (name: string): string =>
  `the${name.replace(/(^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, __, c: string) => c.toUpperCase())}`
/** A service there has one volume. */
export const mountOf = (component: Component) =>
  component.type === 'static' || component.type === 'cron' ? undefined : component.mounts[0]

/** A volume belongs to one service: the first that mounts it. */
export const ownMount = (app: App, component: Component) => {
  const mount = mountOf(component)
  return mount && app.components.find((c) => mountOf(c)?.volume === mount.volume) === component ? mount : undefined
}

async function serviceOf(
  draft: Draft,
  component: Component,
  files: Written['files'],
): Promise<Record<string, unknown> | undefined> {
  const { app, context } = draft
  const { source, type, health, limits, stop } = component
  if (type === 'artifact' || type === 'job') return undefined
  const variable = (entry: EnvEntry) => {
    const value = component.env[entry.name]?.type === 'stored' ? entry.default : component.env[entry.name]
    const hasReference = value !== undefined && valuesIn(value).some(isReference)
    return hasReference && railwayText(app, component, value) !== undefined ? `"\${${entry.name}}"` : undefined
  }
  const image =
    source.type === 'folder' ? await imageOf(app, component, context, 'railway', { words: WORDS, plan: { variable } }) : undefined
  if (image) {
    draft.images.set(component.name, image)
    Object.assign(files, image.files)
  } else if (source.type === 'folder' || source.type === 'server') {
    const message = `nothing is known of how the image of ${component.name} is made`
    context.of(component.name).finding('warning', 'W_NO_RECIPE', message, 'say which: build: { type: node }')
    return undefined
  }
  const { repository = 'OWNER/REPOSITORY', branch = 'main' } = context.options
  const folder = image?.plan.folder ?? context.folder(component)
  const at = { branch, ...(folder !== '.' && { rootDirectory: `/${folder}` }) }
  const mount = ownMount(app, component)
  const path = mount && (image?.plan.mounts.find((m) => m.volume === mount.volume)?.path ?? mount.path ?? `/data/${mount.volume}`)
  const hasRelease = image !== undefined && (image.plan.release.length > 0 || image.plan.bootstrap.length > 0)
  const words = image ? [] : (component.command ?? []).map((v) => railwayText(app, component, v))
  const domains = [...new Set(app.routes.filter((r) => r.to === component.name && r.path === '/').map((r) => r.host))]
  const memory = limits.memoryMiB
  const hasPort = type === 'web' || type === 'static'
  const env = environmentOf(draft, component, image)
  if (hasPort) env.PORT = String(portOf(component))
  if (hasRelease) env.LANDFALL_PREPARE = 'no'
  // A volume belongs to root there, and our images do not run as root.
  if (mount && image) env.RAILWAY_RUN_UID = '0'
  return {
    source:
      source.type === 'image'
        ? new Code(`image(${JSON.stringify(source.image)})`)
        : new Code(`github(${JSON.stringify(repository)}, ${codeText(at, 2)})`),
    ...(source.type !== 'image' && {
      build: {
        builder: 'DOCKERFILE',
        dockerfilePath: image?.file ?? (source.type === 'dockerfile' ? source.file : 'Dockerfile'),
      },
    }),
    ...(words.length > 0 && words.every((w) => w !== undefined) && { start: quoteAll(words) }),
    ...(hasRelease && { preDeploy: ['env LANDFALL_PREPARE=yes /bin/sh /landfall/entrypoint.sh true'] }),
    ...(type === 'web' &&
      // Railway wants 200 of it, so what nobody named is not asked.
      context.of(component.name).get('health').isThere &&
      health?.type === 'http' && {
        healthcheck: health.path,
        healthcheckTimeout: Math.max(1, Math.round(health.timeoutSeconds)),
      }),
    ...(type !== 'cron' && { replicas: mount ? 1 : Math.max(1, component.instances) }),
    deploy: {
      restartPolicyType: type === 'cron' ? 'NEVER' : 'ALWAYS',
      ...(type === 'cron' && { cronSchedule: component.schedule?.expression ?? '0 0 * * *' }),
      drainingSeconds: Math.round(stop.graceSeconds),
      ...((memory !== undefined || limits.cpus !== undefined) && {
        limitOverride: {
          containers: {
            ...(limits.cpus !== undefined && { cpu: limits.cpus }),
            ...(memory !== undefined && { memoryBytes: memory * 1024 * 1024 }),
          },
        },
      }),
    },
    ...(domains.length > 0 && { domains: domains.map((domain) => ({ domain, port: portOf(component) })) }),
    ...(mount && path && { volumeMounts: { [posix.normalize(path)]: new Code(identOf(mount.volume)) } }),
    env,
  }
}

/** Texts and references; of a secret there is only that what is set stays set. */
function environmentOf(draft: Draft, component: Component, image: WrittenImage | undefined): Record<string, unknown> {
  const { app } = draft
  const found: Record<string, unknown> = {}
  const open = new Set(Object.entries(image?.buildArgs ?? {}).flatMap(([name, text]) => (text === undefined ? [name] : [])))
  for (const variable of [...variablesOf(app, component), ...buildVariablesOf(app, component).filter((v) => open.has(v.name))]) {
    const { name, value, entry } = variable
    const folder = (volume: string) => image?.plan.mounts.find((m) => m.volume === volume)?.path
    const output = value?.type === 'output' ? outputName(app, value.resource, value.field) : undefined
    const text =
      value && (!variable.isSecret || valuesIn(value).some(isReference)) ? railwayText(app, component, value, folder) : undefined
    const isComposed = image?.plan.variables.some((v) => v.entry.name === name && v.from.type === 'composed')
    if (output !== undefined && value?.type === 'output') found[name] = new Code(`${identOf(value.resource)}.env.${output}`)
    else if (text !== undefined) found[name] = text
    else if (isComposed) continue
    else {
      const isShared = entry.components.length > 1 && app.contract.filter((e) => e.name === name).length === 1
      found[name] = new Code(isShared ? `ctx.shared.${name}` : 'preserve()')
      const known = draft.asked.get(name)
      draft.asked.set(name, { variable, services: [...(known?.services ?? []), component.name], isShared })
    }
  }
  return found
}

const WORDS = {
  given: ({ entry }: { entry: EnvEntry }) =>
    entry.generate
      ? { changed: 'set by hand: preserve() or a shared variable', hint: 'the steps have a command that makes one' }
      : entry.default !== undefined
        ? { changed: 'a reference' }
        : { kept: 'preserve(), or a shared variable' },
  release: 'preDeploy, by way of the entrypoint',
  bootstrap: 'preDeploy; that it was done stands in the database',
  isOnce: true,
}

function stepsOf({ app, context, asked, images }: Draft): ManualStep[] {
  const steps: ManualStep[] = []
  if (context.project !== '.') steps.push({ title: 'copy the files into the project', commands: [`cp -R . ${context.project}/`] })
  if (context.options.repository === undefined)
    steps.push({
      title: 'say which repository',
      text: 'OWNER/REPOSITORY in .railway/railway.ts is a placeholder: --option repository=acme/shop.',
    })
  steps.push({ title: 'install what the file imports', commands: ['npm install --save-dev railway'] })
  // Shared ones are referred to by services, and the others stand in services that have to be there first.
  const sorted = [...asked].sort(([a], [b]) => (a < b ? -1 : 1))
  steps.push(...setSteps(sorted.filter(([, a]) => a.isShared)))
  steps.push({
    title: 'look at what would change, and do it',
    commands: ['railway config plan', 'railway config apply'],
    text: 'From CLI 5.42.1 on. What it would take away it names; look twice before --confirm-destructive.',
  })
  steps.push(...setSteps(sorted.filter(([, a]) => !a.isShared)))
  const hosts = [...new Set(app.routes.filter((r) => r.path === '/').map((r) => r.host))]
  if (hosts.length > 0)
    steps.push({ title: 'point the domains to Railway', text: `DNS: ${hosts.join(', ')}, as the service’s settings say.` })
  for (const [name, { plan }] of images)
    for (const [task, commands] of Object.entries(plan.tasks))
      steps.push({
        title: `${name}.${task}, on demand`,
        commands: commands.map(
          (w) => `railway ssh --service ${name} env LANDFALL_PREPARE=no /bin/sh /landfall/entrypoint.sh ${w.join(' ')}`,
        ),
      })
  return steps
}

type Asked = Draft['asked'] extends Map<string, infer V> ? V : never
/** A step for each that must be set, and one for all that may be, by their place. */
function setSteps(all: [string, Asked][]): ManualStep[] {
  const isNeeded = ([, { variable }]: [string, Asked]) => variable.entry.isRequired || variable.entry.generate !== undefined
  const places = Map.groupBy(
    all.filter((one) => !isNeeded(one)),
    ([, asked]) => placeOf(asked),
  )
  const optional = [...places].map(([place, list]) => ({
    title: 'set what is wanted; nobody has to',
    text: `${place}: ${list.map(([name]) => name).join(', ')}. Seal what is a secret.`,
  }))
  return [...all.filter(isNeeded).map(setStep), ...optional]
}

const placeOf = ({ services, isShared }: Asked) =>
  isShared ? 'Project Settings → Shared Variables' : `Service ${services.join(', ')} → Variables`

function setStep([name, asked]: [string, Asked]): ManualStep {
  const { generate } = asked.variable.entry
  const make = generate && (generate.kind === 'uuid' ? 'uuidgen' : `openssl rand -hex ${generate.length}`)
  return {
    title: `set ${name}`,
    ...(make && { commands: [make] }),
    text: `${placeOf(asked)}. Seal it where it is a secret.`,
  }
}
