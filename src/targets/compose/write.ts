import { posix } from 'node:path'
import { stringify } from 'yaml'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { writtenBy } from '../../translate/written-by.ts'
import type { Draft, EnvLine, Mapping } from './draft.ts'
import { writeGateway } from './write-gateway.ts'
import { writeResources } from './write-resources.ts'
import { writeComponent } from './write-service.ts'
import { writeSmoke } from './write-smoke.ts'

export async function write(app: App, context: WriteContext): Promise<Written> {
  const isPublic = app.components.some((c) => app.routes.some((r) => r.to === c.name))
  const draft: Draft = {
    app,
    context,
    services: {},
    owner: {},
    volumes: {},
    env: new Map(),
    files: {},
    steps: [],
    isOld: context.options.compose?.startsWith('1') === true,
    hasGateway: context.options.gateway !== 'none' && isPublic,
  }
  writeResources(draft)
  for (const component of app.components) {
    if (component.type !== 'artifact') writeComponent(draft, component)
    else context.of(component.name).lost('it runs nowhere: a release publishes it', 'landfall export github-release')
  }
  writeGateway(draft)
  judgeTop(draft)
  composeFiles(draft)
  draft.files['.env.example'] = { text: envExample([...draft.env.values()]) }
  if (draft.env.size > 0) draft.steps.unshift(fillIn(draft))
  draft.steps.push({ title: 'Start', commands: [`docker compose${fileFlags(draft)} up --detach --build`] })
  writeSmoke(draft)
  return { files: draft.files, steps: draft.steps }
}

/** Keys of the top that no service has to do with. */
function judgeTop(draft: Draft): void {
  const { app, context } = draft
  const { manifest } = context
  if (draft.isOld) manifest.get('app').changed('docker-compose takes the name of the folder', 'docker-compose -p <name>')
  else if (projectName(draft) === app.name) manifest.get('app').kept('name')
  else manifest.get('app').changed(`${projectName(draft)}, so that two environments can be on one machine`)
  manifest.get('engine').kept('compose is one itself')
  for (const group of manifest.get('groups').entries())
    group.lost('compose has no rule over several variables', 'let the program look at them when it starts')
  manifest.get('backup').lost('compose makes no backups', 'pg_dump and a copy of the volumes, by a timer of the machine')
  manifest
    .get('troubles')
    .lost('a compose file explains nothing', 'keep the table in landfall.yaml: `landfall docs` makes a page of it')
  manifest
    .get('keep')
    .lost('compose keeps no releases: images stay until they are pruned', `tag them: ${app.name}-<component>:<version>`)
  manifest.get('protect').lost('compose asks nobody')
  for (const entry of manifest.get('env').entries()) {
    if (app.contract.some((e) => e.at.replace(/^environments\.[^.]+\./, '') === `env.${entry.key}` && e.components.length > 0))
      continue
    entry.changed('no component of compose gets it')
  }
}

function projectName({ app }: Draft): string {
  return ['production', 'local'].includes(app.environment.name) ? app.name : `${app.name}-${app.environment.name}`
}

function composeFiles(draft: Draft): void {
  const { files, services, owner, volumes } = draft
  const usedBy = (list: string[]) =>
    Object.keys(volumes).filter((v) => list.some((s) => JSON.stringify(services[s]?.volumes ?? []).includes(`"${v}:`)))
  const file = (list: string[]): Mapping => {
    const own = usedBy(list)
    return {
      services: Object.fromEntries(list.map((name) => [name, services[name]])),
      ...(own.length > 0 && { volumes: Object.fromEntries(own.map((v) => [v, volumes[v]])) }),
    }
  }
  const top: Mapping = draft.isOld ? {} : { name: projectName(draft) }
  const all = Object.keys(services)
  if (draft.context.options['per-component'] === undefined) {
    // A volume that nobody mounts is declared all the same: it is part of the app.
    const every = { ...file(all), ...(Object.keys(volumes).length > 0 && { volumes }) }
    files['compose.yaml'] = { text: yamlText(draft, { ...top, ...every }) }
    return
  }
  const groups = Map.groupBy(all, (name) => owner[name] || 'gateway')
  const paths = new Map([...groups.keys()].map((name) => [name, pathOf(draft, name)]))
  for (const [name, list] of groups) {
    const path = paths.get(name) ?? ''
    files[path] = { text: yamlText(draft, moved(file(list), posix.dirname(path))) }
  }
  if (!draft.isOld) files['compose.yaml'] = { text: yamlText(draft, { ...top, include: [...paths.values()] }) }
}

/** The file of a component: beside the others, or, by `per-component=folders`, in the folder of its source. */
function pathOf({ app, context }: Draft, name: string): string {
  const beside = `compose.${name}.yaml`
  if (context.options['per-component'] !== 'folders' || context.project !== '.') return beside
  const folderOf = (c: Component) => posix.join(context.folder(c), c.build.options.workspace ?? '.')
  const component = app.components.find((c) => c.name === name)
  const folder = component ? folderOf(component) : name
  const isShared = app.components.some((c) => c.name !== name && c.type !== 'artifact' && folderOf(c) === folder)
  return folder === '.' || folder.startsWith('..') || isShared ? beside : `${folder}/compose.yaml`
}

/** Paths of a file count from its own folder. */
function moved(data: Mapping, folder: string): Mapping {
  if (folder === '.') return data
  const up = posix.relative(`/${folder}`, '/')
  const service = (of: Mapping): Mapping => {
    const { build, volumes } = of as { build?: Mapping; volumes?: string[] } // As write-service.ts makes them.
    return {
      ...of,
      ...(build && { build: { ...build, context: posix.join(up, String(build.context)) } }),
      ...(volumes && { volumes: volumes.map((v) => (v.startsWith('./') ? posix.join(up, v) : v)) }),
    }
  }
  const services = Object.entries(data.services as Record<string, Mapping>).map(([name, of]) => [name, service(of)])
  return { ...data, services: Object.fromEntries(services) }
}

function fileFlags(draft: Draft): string {
  if (!draft.isOld || draft.context.options['per-component'] === undefined) return ''
  return Object.keys(draft.files)
    .filter((f) => /^compose\..+\.yaml$|\/compose\.yaml$/.test(f))
    .map((f) => ` -f ${f}`)
    .join('')
}

function yamlText(draft: Draft, data: Mapping): string {
  const remarks = draft.app.components.flatMap((c) =>
    c.max ? [`# ${c.name}: at most ${c.max.instances} of it, because ${c.max.because}`] : [],
  )
  const body = stringify(data, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1', defaultStringType: 'PLAIN' })
  return `# ${writtenBy('compose')}\n${remarks.map((r) => `${r.replace(/\n/g, ' ')}\n`).join('')}${body}`
}

function envExample(lines: EnvLine[]): string {
  const text = lines.map(({ name, about, make, isRequired }) =>
    [...about, ...(isRequired ? [] : ['nobody needs it: without the # it is set']), ...(make ? [`made by: ${make}`] : [])]
      .map((l) => `# ${l.replace(/\n/g, ' ')}`)
      .concat(`${isRequired ? '' : '# '}${name}=`)
      .join('\n'),
  )
  return `# ${writtenBy('compose')}\n# Copy to .env, which is not committed, and fill in.\n\n${text.join('\n\n')}\n`
}

function fillIn(draft: Draft): Written['steps'][number] {
  const made = [...draft.env.values()].filter((l) => l.make)
  return {
    title: 'Fill in .env',
    text: `${draft.env.size} values; ${made.length} of them are made by a command. It holds secrets: keep it out of git, mode 600.`,
    commands: ['umask 077; cp .env.example .env', ...made.map((l) => `sed -i "s|^${l.name}=.*|${l.name}=$(${l.make})|" .env`)],
  }
}
