import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'
import { buildVariablesOf, type Variable, variablesOf } from '../../translate/variables.ts'
import type { Request, Wanted } from './requests.ts'
import { apiText, folderOf, isDatabase, NAME, portOf } from './values.ts'

/** Calls in the order in which they can be made: what others refer to comes first. */
export function callsOf(
  app: App,
  images: Map<string, WrittenImage>,
  context: WriteContext,
): { requests: Request[]; wanted: Wanted[] } {
  const wanted = new Map<string, Wanted>()
  const want = (w: Wanted) => wanted.set(w.name, wanted.get(w.name) ?? w)
  want({ name: 'COOLIFY_SERVER', about: 'uuid of the server, from Servers in the dashboard' })
  if (context.options.repository === undefined) want({ name: 'COOLIFY_REPOSITORY', about: 'address of the git repository' })
  const requests: Request[] = [
    {
      makes: 'project',
      method: 'POST',
      path: '/projects',
      body: { name: app.name },
      saves: { PROJECT: 'uuid' },
      say: `project ${app.name}`,
    },
  ]
  // A new project has an environment of this name already.
  if (app.environment.name !== 'production') {
    const say = `environment ${app.environment.name}`
    requests.push({
      makes: 'environment',
      method: 'POST',
      path: '/projects/{{PROJECT}}/environments',
      body: { name: app.environment.name },
      saves: { ENVIRONMENT: 'uuid' },
      say,
    })
  }
  for (const resource of app.resources.filter((r) => isDatabase(app, r.name)))
    requests.push(...databaseCalls(app, resource.name, want, context))
  for (const component of runs(app)) requests.push(...applicationCalls(app, component, images.get(component.name), context, want))
  return { requests, wanted: [...wanted.values()] }
}

/** Components that become applications: a cron is a task of the application with the same image. */
export function runs(app: App): Component[] {
  return app.components.filter((c) => c.type === 'web' || c.type === 'worker' || c.type === 'static')
}
export function hostOfCron(app: App, cron: Component): Component | undefined {
  const same = (c: Component) => JSON.stringify([c.source, c.build])
  return runs(app).find((c) => c.type !== 'static' && same(c) === same(cron))
}

const place = { project_uuid: '{{PROJECT}}', server_uuid: '{{COOLIFY_SERVER}}' }

function databaseCalls(app: App, name: string, want: (w: Wanted) => void, context: WriteContext): Request[] {
  const resource = app.resources.find((r) => r.name === name)
  const key = NAME(name)
  const isPostgres = resource?.type === 'postgres'
  want({
    name: `${key}_PASSWORD`,
    about: `password of ${name}`,
    known: `database_${name.replace(/\W+/g, '_')}`,
    make: 'openssl rand -hex 24',
  })
  const version =
    typeof resource?.options.version === 'number' || typeof resource?.options.version === 'string'
      ? String(resource.options.version)
      : undefined
  const body = {
    ...place,
    environment_name: app.environment.name,
    name: `${app.name}-${name}`,
    image: isPostgres ? `postgres:${version ?? '17'}-alpine` : `redis:${version ?? '7'}-alpine`,
    ...(isPostgres
      ? { postgres_user: 'app', postgres_db: 'app', postgres_password: `{{${key}_PASSWORD}}` }
      : { redis_password: `{{${key}_PASSWORD}}` }),
    is_public: false,
    instant_deploy: true,
  }
  const made: Request = {
    makes: `database ${name}`,
    method: 'POST',
    path: isPostgres ? '/databases/postgresql' : '/databases/redis',
    body,
    saves: { [`${key}_UUID`]: 'uuid' },
    say: `database ${name}`,
  }
  const asked: Request = {
    method: 'GET',
    path: `/databases/{{${key}_UUID}}`,
    saves: { [`${key}_URL`]: 'internal_db_url' },
    // From the address, since a later run has not the one that was made.
    after: [`${key}_PASSWORD=$(printf %s "$${key}_URL" | sed 's#^[a-z]*://[^:]*:\\([^@]*\\)@.*#\\1#')`],
    say: `the address of ${name}`,
  }
  if (!isPostgres || !context.manifest.get('backup').isThere) return [made, asked]
  const backup: Request = {
    makes: `backup ${name}`,
    method: 'POST',
    path: `/databases/{{${key}_UUID}}/backups`,
    body: { frequency: 'daily', enabled: true, save_s3: false, database_backup_retention_days_locally: 30 },
    saves: { [`${key}_BACKUP`]: 'uuid' },
    say: `daily backups of ${name}`,
  }
  return [made, asked, backup]
}

function applicationCalls(
  app: App,
  component: Component,
  image: WrittenImage | undefined,
  context: WriteContext,
  want: (w: Wanted) => void,
): Request[] {
  const key = `${NAME(component.name)}_UUID`
  const folder = `/${context.folder(component) === '.' ? '' : context.folder(component)}`
  const port = portOf(component)
  const domains = app.routes
    .filter((r) => r.to === component.name)
    .map((r) => `https://${r.host}:${port}${r.path === '/' ? '' : r.path}`)
  const { health, limits, stop } = component
  const isHttp = health?.type === 'http'
  const repository = context.options.repository
  const requests: Request[] = [
    {
      makes: `app ${component.name}`,
      method: 'POST',
      path: '/applications/public',
      body: {
        ...place,
        environment_name: app.environment.name,
        name: `${app.name}-${component.name}`,
        git_repository: repository ?? '{{COOLIFY_REPOSITORY}}',
        git_branch: context.options.branch ?? 'main',
        build_pack: image ? 'dockerfile' : 'nixpacks',
        base_directory: folder,
        ...(image && { dockerfile_location: `/${image.file}` }),
        ports_exposes: String(port),
        ...(domains.length > 0 && { domains: domains.join(',') }),
        // A HEALTHCHECK of the image wins over these, and looks at JSON too.
        health_check_enabled: isHttp || component.type === 'static',
        ...(isHttp && {
          health_check_path: health.path,
          health_check_port: String(port),
          health_check_interval: Math.max(1, Math.round(health.everySeconds)),
          health_check_timeout: 6,
          health_check_retries: Math.max(3, Math.ceil(health.timeoutSeconds / Math.max(1, health.everySeconds))),
          health_check_start_period: 1,
        }),
        ...(limits.memoryMiB !== undefined && { limits_memory: `${limits.memoryMiB}m` }),
        ...(limits.cpus !== undefined && { limits_cpus: String(limits.cpus) }),
        stop_grace_period: Math.min(3600, Math.max(1, Math.round(stop.graceSeconds))),
        instant_deploy: false,
      },
      saves: { [key]: 'uuid' },
      say: `application ${component.name}`,
    },
  ]
  requests.push(...envCalls(app, component, key, want))
  for (const { volume } of component.mounts) {
    const body = { type: 'persistent', name: volume, mount_path: folderOf(component, volume) }
    requests.push({
      makes: `volume ${component.name} ${volume}`,
      method: 'POST',
      path: `/applications/{{${key}}}/storages`,
      body,
      saves: { [`${NAME(component.name)}_${NAME(volume)}`]: 'uuid' },
      say: `volume ${volume}`,
    })
  }
  requests.push(...taskCalls(app, component, image, key))
  requests.push({ method: 'POST', path: `/deploy?uuid={{${key}}}&force=false`, body: {}, say: `deploy ${component.name}` })
  return requests
}

/** What is known goes in one call, each time. What is asked for or made has a call of its own, so that no later run empties it. */
function envCalls(app: App, component: Component, key: string, want: (w: Wanted) => void): Request[] {
  const data: Record<string, unknown>[] = []
  const single: Request[] = []
  const all = [...variablesOf(app, component), ...buildVariablesOf(app, component)]
  for (const v of new Map(all.map((one) => [one.name, one])).values()) {
    const comment = v.entry.about?.slice(0, 250)
    const flags = {
      is_literal: true,
      is_multiline: false,
      is_shown_once: v.isSecret && v.kind !== 'given',
      is_runtime: Object.hasOwn(component.env, v.name),
      is_buildtime: Object.hasOwn(component.build.env, v.name),
      ...(comment !== undefined && { comment }),
    }
    const text = v.value && apiText(app, component, v.value)
    if (text !== undefined) {
      data.push({ key: v.name, value: text, ...flags })
      continue
    }
    const makes = `env ${component.name} ${v.name}`
    const make = makerOf(v)
    const known = makes.replace(/\W+/g, '_')
    want({
      name: v.name,
      about: v.entry.about ?? v.name,
      known,
      ...(make && { make }),
      ...(v.kind === 'optional' && { isOptional: true }),
    })
    const say = `${v.name} of ${component.name}`
    single.push({
      makes,
      method: 'PATCH',
      path: `/applications/{{${key}}}/envs/bulk`,
      body: { data: [{ key: v.name, value: `{{${v.name}}}`, ...flags }] },

      when: v.name,
      ...(v.kind === 'optional' && { isOptional: true }),
      say,
    })
  }
  const known: Request = {
    method: 'PATCH',
    path: `/applications/{{${key}}}/envs/bulk`,
    body: { data },
    say: `variables of ${component.name}`,
  }
  return data.length > 0 ? [known, ...single] : single
}

function makerOf({ entry: { generate } }: Variable): string | undefined {
  switch (generate?.kind) {
    case undefined:
      return undefined
    case 'hex':
      return `openssl rand -hex ${generate.length}`
    case 'base64':
      return `openssl rand -base64 ${generate.length} | tr -d '\\n'`
    case 'password':
      return `openssl rand -hex ${generate.length} | head -c ${generate.length}`
    case 'uuid':
      return 'cat /proc/sys/kernel/random/uuid'
  }
}

/** Commands in the running container: at their time, or off until somebody executes them. */
function taskCalls(app: App, component: Component, image: WrittenImage | undefined, key: string): Request[] {
  const entry = image ? ['env', 'LANDFALL_PREPARE=no', '/bin/sh', '/landfall/entrypoint.sh'] : []
  const call = (name: string, command: string, frequency: string, enabled: boolean): Request => ({
    makes: `task ${component.name} ${name}`,
    method: 'POST',
    path: `/applications/{{${key}}}/scheduled-tasks`,
    body: { name, command, frequency, enabled },
    saves: { [`TASK_${NAME(component.name)}_${NAME(name)}`]: 'uuid' },
    say: `task ${name}`,
  })
  const crons = app.components.filter((c) => c.type === 'cron' && hostOfCron(app, c) === component)
  return [
    ...crons.map((c) => call(c.name, [...entry, ...plain(c)].join(' '), c.schedule?.expression ?? '0 0 * * *', true)),
    ...Object.entries(image?.plan.tasks ?? {}).map(([name, commands]) =>
      call(name, commands.map((words) => [...entry, ...words].join(' ')).join(' && '), '0 0 1 1 *', false),
    ),
  ]
}

const plain = (c: Component) => (c.command ?? []).flatMap((v) => (v.type === 'text' ? [v.text] : []))
