import { LandfallError } from '../../lib/error.ts'
import { show } from '../../lib/show.ts'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import type { EntrypointOptions } from '../../translate/image/entrypoint.ts'
import { quote } from '../../translate/image/shell.ts'
import { imageOf, type WrittenImage } from '../../translate/image/write-image.ts'
import { smokeScript } from '../../translate/smoke-script.ts'
import { manifestOf } from './manifest.ts'
import { markApp } from './mark.ts'
import { releaseScript } from './release-script.ts'
import { stepsOf } from './steps.ts'
import { cloudronWord, generator, isAddon } from './values.ts'

export const DATA = '/app/data'
const CODE = '/app/code'
const USER = ['gosu', 'app:app']

/** One component as a Cloudron app: its manifest, its image, and the commands that no file can say. */
export async function write(whole: App, context: WriteContext): Promise<Written> {
  const app = withoutElsewhere(whole)
  const main = mainOf(app, context)
  if (!main) {
    const message = 'Cloudron runs one container that answers HTTP, and there is none'
    context.manifest.get('components').lost(message)
    context.finding({ level: 'error', code: 'E_NO_WEB', at: 'components', message, hint: 'give it a component of type web' })
    markApp(app, undefined, context)
    return { files: {}, steps: [] }
  }
  const image = main.source.type === 'folder' ? await writeImage(app, main, context) : undefined
  if (!image) {
    const hint =
      main.source.type === 'folder'
        ? 'say which: build: { type: node }'
        : 'its own Dockerfile has to follow what start.sh would do'
    context.of(main.name).finding('warning', 'W_NO_RECIPE', `nothing is known of how the image of ${main.name} is made`, hint)
  }
  const manifest = manifestOf(app, main, image?.plan, context)
  const hosts = app.routes.filter((r) => r.to === main.name).map((r) => r.host)
  const wish = { by: 'cloudron', file: 'smoke.sh', routes: app.routes, form: { type: 'site', hosts } } as const
  const smoke = smokeScript(context.manifest.get('checks'), wish)
  markApp(app, main, context)
  const files: Written['files'] = {
    'CloudronManifest.json': { text: `${JSON.stringify(manifest, null, 2)}\n` },
    ...image?.files,
    ...(image && { 'docker-release.sh': { text: releaseScript(app, main, image, context), isExecutable: true } }),
    ...(smoke.text !== undefined && { 'smoke.sh': { text: smoke.text, isExecutable: true } }),
  }
  const steps = stepsOf(app, main, image, String(manifest.version), context, smoke)
  return { files, steps }
}

/** An addon takes the place of a server that lies elsewhere: nobody has to set the variable with that one's address. */
function withoutElsewhere(app: App): App {
  const gone = app.resources
    .filter((r) => isAddon(app, r.name))
    .flatMap(({ options }) => [options.url, options.relay].flatMap(envOf))
  const contract = app.contract.map((e) => (gone.includes(e.name) ? { ...e, components: [] } : e))
  return { ...app, contract }
}

/** `NAME` of `{ env: NAME }`. */
function envOf(option: unknown): string[] {
  return typeof option === 'object' && option !== null && 'env' in option && typeof option.env === 'string' ? [option.env] : []
}

/** The component that is asked for, else that of the first route, else the first one that answers HTTP. */
function mainOf(app: App, context: WriteContext): Component | undefined {
  const fits = app.components.filter((c) => c.type === 'web' || c.type === 'static')
  const wanted = context.options.component
  if (wanted !== undefined) {
    const found = fits.find((c) => c.name === wanted)
    if (found) return found
    const hint = `there are: ${fits.map((c) => c.name).join(', ')}`
    throw new LandfallError({ code: 'E_USAGE', message: `${show(wanted)} is no component that answers HTTP`, hint })
  }
  const webs = fits.filter((c) => c.type === 'web')
  const [first] = app.routes.filter((r) => webs.some((c) => c.name === r.to))
  return webs.find((c) => c.name === first?.to) ?? webs[0] ?? fits[0]
}

async function writeImage(app: App, main: Component, context: WriteContext): Promise<WrittenImage | undefined> {
  const kept = app.contract.filter((e) => e.components.includes(main.name) && e.generate && e.when !== 'build' && !e.isKeptOut)
  const isNext = /"next"\s*:/.test(context.files(main).text('package.json') ?? '')
  const folder = (volume: string) => `${DATA}/${volume}`
  const links: Record<string, string> = {}
  for (const mount of main.mounts)
    if (mount.path?.startsWith('/') && !mount.path.startsWith(DATA)) links[mount.path] = folder(mount.volume)
  // Inside of the app's own folder nothing can be mounted: that disk is read-only, and a link leads out of it.
  for (const mount of main.mounts)
    if (mount.path && !mount.path.startsWith('/')) links[`${CODE}/${mount.path}`] = folder(mount.volume)
  if (isNext) links[`${CODE}/.next/cache`] = '/tmp/next-cache'
  const entrypoint: Partial<EntrypointOptions> = {
    as: USER,
    marker: `${DATA}/.landfall-once`,
    before: [
      ...folderLines(
        main.mounts.map((m) => (m.path?.startsWith(DATA) ? m.path : folder(m.volume))),
        isNext,
      ),
      ...keptLines(kept.map((e) => [e.name, generator(e) ?? ''])),
    ],
  }
  return imageOf(app, main, context, 'cloudron', {
    file: 'Dockerfile.cloudron',
    style: { isRoot: true, script: 'start.sh', links },
    entrypoint,
    plan: {
      root: CODE,
      folder: (mount) => (mount.path?.startsWith(DATA) ? mount.path : folder(mount.volume)),
      word: cloudronWord(app, main.name),
      variable: (entry) => {
        const other = entry.as?.cloudron
        return other !== undefined && other !== entry.name && /^\w+$/.test(other) ? `"\${${other}-}"` : undefined
      },
    },
    words: {
      given: ({ entry, isRequired }) => {
        if (/^CLOUDRON_/.test(entry.name)) return { kept: 'its addon gives it' }
        if (entry.generate) return { changed: 'made by start.sh at the first start, and kept in /app/data/.secrets' }
        return { changed: 'cloudron env set', ...(isRequired && { hint: 'start.sh asks for it' }) }
      },
      release: 'start.sh does it at every start, before the app: one that fails keeps the app from starting',
      bootstrap: 'start.sh does it once, and notes that in /app/data',
    },
  })
}

function folderLines(folders: string[], isNext: boolean): string[] {
  return [
    '# A restored or cloned app has folders of another owner: it is set at every start.',
    `mkdir -p ${[...new Set([DATA, ...folders])].map(quote).join(' ')}`,
    ...(isNext ? ['mkdir -p /tmp/next-cache', 'chown app:app /tmp/next-cache'] : []),
    `chown -R app:app ${DATA}`,
    'export HOME=/tmp',
  ]
}

/** Values that are made once and stay: a backup has them, and a restored app is not logged out. */
function keptLines(values: [string, string][]): string[] {
  if (values.length === 0) return []
  return [
    '',
    '# Made at the first start. What `cloudron env set` says takes its place.',
    `mkdir -p ${DATA}/.secrets && chown -R root:root ${DATA}/.secrets && chmod 700 ${DATA}/.secrets`,
    ...values.flatMap(([name, line]) => [
      `[ -s ${DATA}/.secrets/${name} ] || (umask 077 && ${line} >${DATA}/.secrets/.new && mv ${DATA}/.secrets/.new ${DATA}/.secrets/${name})`,
      `[ -n "\${${name}-}" ] || ${name}=$(cat ${DATA}/.secrets/${name})`,
      `export ${name}`,
    ]),
  ]
}
