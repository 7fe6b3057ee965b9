import { posix } from 'node:path'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { dockerfile, type ImageStyle } from './dockerfile.ts'
import { dockerignore } from './dockerignore.ts'
import type { EntrypointOptions } from './entrypoint.ts'
import { type ImageWords, markImage } from './mark-image.ts'
import { type ImagePlan, type PlanOptions, planImage } from './plan-image.ts'
import { fixedText, type ShellFacts } from './shell.ts'
import { staticDockerfile } from './static-dockerfile.ts'
import { supportFiles } from './support-files.ts'

export interface WrittenImage {
  plan: ImagePlan
  /** `flick-server:1.4.0`. */
  tag: string
  /** Name of the Dockerfile in `plan.folder`. */
  file: string
  /** By path from the project's folder. */
  files: Written['files']
  /** Those without a text must be given to the build. */
  buildArgs: Record<string, string | undefined>
}

export interface ImageOptions {
  words?: ImageWords
  plan?: PlanOptions
  style?: ImageStyle
  /** Name of the Dockerfile, where the platform looks for one. */
  file?: string
  /** What an entrypoint says besides, for platforms with names of their own. */
  entrypoint?: Partial<EntrypointOptions>
}

/**
 * Everything that a component's image is made of, and the verdicts on it. Several targets write the same files, for each platform
 * that runs images. Undefined where no builder says how.
 */
export async function imageOf(
  app: App,
  component: Component,
  context: WriteContext,
  by: string,
  options: ImageOptions = {},
): Promise<WrittenImage | undefined> {
  const recipe = context.recipe(component)
  if (!recipe) return undefined
  const plan = planImage(app, component, context, options.plan)
  const shared = app.components.filter((c) => c.source.type === 'folder' && context.folder(c) === plan.folder)
  const file = options.file ?? (shared.length > 1 ? `${component.name}.Dockerfile` : 'Dockerfile')
  const style = options.style ?? { isRoot: false, script: 'entrypoint.sh' }
  const tag = `${app.name}-${component.name}:${app.version ?? 'latest'}`
  const support = `landfall/${component.name}`
  const buildArgs = buildArgsOf(app, component)
  const files = context.files(component)
  const inFolder = (path: string) => posix.join(plan.folder, path)
  const written: Written['files'] = { [inFolder('.dockerignore')]: { text: dockerignore(files, by) } }
  const say = `docker build -t ${tag} -f ${inFolder(file)} ${plan.folder}`
  const input = { app, plan, recipe, files, wishes: context.runtimes(component), buildArgs, support, style, by, say }
  if (component.type === 'static') {
    const made = staticDockerfile(input)
    written[inFolder(file)] = { text: made.dockerfile }
    written[inFolder(`${support}/nginx.conf`)] = { text: made.conf.text }
    const own = context.of(component.name)
    own.get('serve').kept('nginx.conf')
    for (const i of made.conf.unsaid) own.get('serve', 'redirects', i).lost('nginx has no words for a $ or a quote in an address')
  } else {
    written[inFolder(file)] = { text: dockerfile(input) }
    const made = await supportFiles(plan, { app, by, script: style.script, ...options.entrypoint })
    for (const [name, one] of Object.entries(made)) written[inFolder(`${support}/${name}`)] = one
  }
  markImage(plan, context, options.words ?? PLAIN)
  markBuildVariables(app, component, context)
  return { plan, tag, file, files: written, buildArgs }
}

/** What runs images and knows no hooks. */
const PLAIN: ImageWords = {
  given: ({ entry, isRequired }) =>
    entry.default === undefined && !entry.generate
      ? { kept: isRequired ? 'the entrypoint asks for it' : 'who runs the image may set it' }
      : { changed: 'who runs the image sets it, and the entrypoint asks for it' },
  release: 'the entrypoint does it before the app starts, in each container; a lock of PostgreSQL lets one at a time',
  bootstrap: 'the entrypoint does it once, and notes that in the database (table landfall_once)',
  notesInDatabase: true,
}

function buildArgsOf(app: App, component: Component): Record<string, string | undefined> {
  const facts: ShellFacts = {
    ...(app.version !== undefined && { version: app.version }),
    hosts: (of) => [...new Set(app.routes.filter((r) => of === undefined || r.to === of).map((r) => r.host))],
    folder: () => undefined,
    has: () => false,
  }
  return Object.fromEntries(
    Object.entries(component.build.env).map(([name, value]) => {
      const entry = app.contract.find((e) => e.name === name && e.components.includes(component.name))
      const known = value.type === 'stored' && entry?.default ? entry.default : value
      return [name, fixedText(known, facts)]
    }),
  )
}

function markBuildVariables(app: App, component: Component, context: WriteContext): void {
  for (const name of Object.keys(component.build.env)) {
    const entry = app.contract.find((e) => e.name === name && e.components.includes(component.name) && e.when !== 'run')
    if (!entry) continue
    const place = context.variable(component.name, name)
    if (entry.default === undefined || entry.default.type === 'text') place.kept('ARG')
    else place.changed('ARG, with the value that it has in this environment')
  }
}
