import { valid } from 'semver'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { SUPPORT } from '../../translate/image/entrypoint.ts'
import { NGINX_PORT } from '../../translate/image/nginx-conf.ts'
import type { ImagePlan } from '../../translate/image/plan-image.ts'
import { ADDONS, needsAddon } from './values.ts'

const MIB = 1024 * 1024

/** CloudronManifest.json: which addons, where its port and health are, and how much memory. No variables: those are set by command. */
export function manifestOf(
  app: App,
  main: Component,
  plan: ImagePlan | undefined,
  context: WriteContext,
): Record<string, unknown> {
  const host = app.routes.find((r) => r.to === main.name)?.host
  const hosts = new Set(app.routes.filter((r) => r.to === main.name).map((r) => r.host))
  const health = main.health?.type === 'http' ? main.health.path : '/'
  const memory = main.limits.memoryMiB
  const addons = {
    localstorage: {},
    ...Object.fromEntries(
      Object.entries(ADDONS)
        .filter(([type]) => type !== 'volume' && needsAddon(app, main, type))
        .map(([type, name]) => [name, addonOptions(type)]),
    ),
  }
  const scheduler = schedulerOf(app, main)
  return {
    manifestVersion: 2,
    id: idOf(app, host, context),
    version: versionOf(app, context),
    title: app.name,
    description: `${app.name}, packaged for Cloudron by Landfall`,
    ...(host !== undefined && { website: `https://${host}` }),
    httpPort: main.type === 'static' ? NGINX_PORT : (plan?.port ?? main.port ?? 8080),
    healthCheckPath: health,
    ...(memory !== undefined && { memoryLimit: memory * MIB }),
    addons: { ...addons, ...(Object.keys(scheduler).length > 0 && { scheduler }) },
    ...(hosts.size > 1 && { multiDomain: true }),
    minBoxVersion: '9.0.0',
  }
}

function addonOptions(type: string): Record<string, unknown> {
  return type === 'mail' ? { supportsDisplayName: true } : {}
}

/** The same image at other times: what is a `cron` of the same source and build. */
function schedulerOf(app: App, main: Component): Record<string, { schedule: string; command: string }> {
  const same = cronsOf(app, main)
  return Object.fromEntries(
    same.map((c) => {
      const words = (c.command ?? []).flatMap((v) => (v.type === 'text' ? [v.text] : []))
      const command = ['env', 'LANDFALL_PREPARE=no', '/bin/sh', `${SUPPORT}/start.sh`, ...words].map((w) =>
        /^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replaceAll("'", `'\\''`)}'`,
      )
      return [c.name.replaceAll('-', '_'), { schedule: c.schedule?.expression ?? '@daily', command: command.join(' ') }]
    }),
  )
}

export function cronsOf(app: App, main: Component): Component[] {
  const is = (c: Component) => JSON.stringify([c.source, { ...c.build, limits: {} }])
  return app.components.filter((c) => c.type === 'cron' && is(c) === is(main) && c.command?.every((v) => v.type === 'text'))
}

/** `communityrule.info` becomes `info.communityrule`; a name alone is no id. */
function idOf(app: App, host: string | undefined, context: WriteContext): string {
  const wanted = context.options.id ?? (host !== undefined ? host.split('.').reverse().join('.') : `app.${app.name}`)
  const id = wanted.toLowerCase()
  if (/^[a-z0-9][-a-z0-9_]*(\.[a-z0-9][-a-z0-9_]*)+$/.test(id)) return id
  const message = `${id} is no reverse domain; the manifest says app.${app.name}`
  context.finding({ level: 'warning', code: 'W_ID', at: 'app', message, hint: '--option id=org.example.app' })
  return `app.${app.name}`
}

function versionOf(app: App, context: WriteContext): string {
  const version = app.version !== undefined ? valid(app.version) : null
  const at = context.manifest.get('version')
  if (version === null) {
    const message = `${app.version ?? 'no version'} is not of the form 1.2.3, without which Cloudron takes no update; 0.1.0 was written`
    context.finding({
      level: 'warning',
      code: 'W_VERSION_FORM',
      at: at.isThere ? at.at : 'version',
      message,
      hint: 'version: { file: package.json }',
    })
    return '0.1.0'
  }
  const message = `Cloudron refuses an update whose version did not rise, and the image has to have the tag ${version}: both are taken from here`
  at.finding(
    'changed',
    'W_VERSION_MUST_RISE',
    message,
    '`landfall export cloudron --check` compares it with the manifest that is there',
  )
  return version
}
