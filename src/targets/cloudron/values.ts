import type { App, Component, EnvEntry, Resource } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'

/** What the addons say, by type of resource and output. Read at every start: Cloudron may change them. */
export const ADDON_VARIABLES: Record<string, Record<string, string>> = {
  postgres: {
    url: 'CLOUDRON_POSTGRESQL_URL',
    host: 'CLOUDRON_POSTGRESQL_HOST',
    port: 'CLOUDRON_POSTGRESQL_PORT',
    user: 'CLOUDRON_POSTGRESQL_USERNAME',
    password: 'CLOUDRON_POSTGRESQL_PASSWORD',
    database: 'CLOUDRON_POSTGRESQL_DATABASE',
  },
  redis: {
    url: 'CLOUDRON_REDIS_URL',
    host: 'CLOUDRON_REDIS_HOST',
    port: 'CLOUDRON_REDIS_PORT',
    password: 'CLOUDRON_REDIS_PASSWORD',
  },
  mail: {
    host: 'CLOUDRON_MAIL_SMTP_SERVER',
    port: 'CLOUDRON_MAIL_SMTP_PORT',
    user: 'CLOUDRON_MAIL_SMTP_USERNAME',
    password: 'CLOUDRON_MAIL_SMTP_PASSWORD',
    from: 'CLOUDRON_MAIL_FROM',
  },
}
export const ADDONS: Record<string, string> = { postgres: 'postgresql', redis: 'redis', mail: 'sendmail', volume: 'localstorage' }

/**
 * Whether Cloudron gives it. A database that lies elsewhere stays where it is, unless the app reads it by Cloudron's own names:
 * then the addon is what was meant there.
 */
export function isAddon(app: App, name: string): boolean {
  const resource = app.resources.find((r) => r.name === name)
  if (!resource || ADDONS[resource.type] === undefined) return false
  return (
    !isElsewhere(resource) ||
    app.contract.some(
      (e) => e.default?.type === 'output' && e.default.resource === name && /^CLOUDRON_/.test(e.as?.cloudron ?? e.name),
    )
  )
}

export const isElsewhere = ({ options }: Resource): boolean => options.url !== undefined || options.relay !== undefined

/** A word of a shell, made of what Cloudron puts into the environment. */
export function cloudronWord(app: App, main: string): (value: Value) => string | undefined {
  return (value) => {
    if (value.type === 'output') {
      const resource = app.resources.find((r) => r.name === value.resource)
      if (!resource || !isAddon(app, resource.name)) return undefined
      // User names of addons have no characters that an address would have to escape, but for the @ of mailboxes.
      if (resource.type === 'mail' && value.field === 'url') return MAIL_URL
      const name = ADDON_VARIABLES[resource.type]?.[value.field]
      return name && read(name)
    }
    if (value.type !== 'route' || (value.component !== undefined && value.component !== main)) return undefined
    if (value.part === 'url' || value.part === 'origins') return read('CLOUDRON_APP_ORIGIN')
    return value.part === 'cookieDomain' ? undefined : read('CLOUDRON_APP_DOMAIN')
  }
}
/** The word of a shell that a variable is. Undefined ones end the script, with their name. */
const read = (name: string) => `"\${${name}}"`
const SMTP = (part: string) => `\${CLOUDRON_MAIL_SMTP_${part}}`
const MAIL_URL = `"smtp://$(printf %s "${SMTP('USERNAME')}" | sed s/@/%40/g):${SMTP('PASSWORD')}@${SMTP('SERVER')}:${SMTP('PORT')}"`

/** Whether the component asks for an addon of this type. */
export function needsAddon(app: App, main: Component, type: string): boolean {
  const isNeeded = (name: string) => main.needs.includes(name) || main.mounts.some((m) => m.volume === name)
  return app.resources.some((r) => r.type === type && isAddon(app, r.name) && isNeeded(r.name))
}

/** How a value is made once: printed by a line of a shell that needs nothing but what Debian's base has. */
export function generator({ generate }: EnvEntry): string | undefined {
  switch (generate?.kind) {
    case undefined:
      return undefined
    case 'hex':
      return `od -An -vtx1 -N${generate.length} /dev/urandom | tr -d ' \\n'`
    case 'base64':
      return `head -c ${generate.length} /dev/urandom | base64 | tr -d '\\n'`
    case 'password':
      return `head -c ${generate.length * 8} /dev/urandom | base64 | tr -dc A-Za-z0-9 | head -c ${generate.length}`
    case 'uuid':
      return 'cat /proc/sys/kernel/random/uuid'
  }
}
