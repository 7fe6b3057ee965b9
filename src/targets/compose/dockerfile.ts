import { posix } from 'node:path'
import type { Component } from '../../model/app.ts'
import { baseImages } from '../../translate/image/base-images.ts'
import { valueText } from '../../translate/value-text.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { type Draft, mountPath, portOf } from './draft.ts'

/** What a component's image has to run with: decides how its health can be asked. */
export function runtimeOf(draft: Draft, component: Component): 'node' | 'python' | 'nginx' | 'unknown' {
  if (component.type === 'static') return 'nginx'
  const wish = draft.context.runtimes(component).find((w) => w.name === 'node' || w.name === 'python')
  return wish?.name === 'node' || wish?.name === 'python' ? wish.name : 'unknown'
}

/** A Dockerfile from the builder's recipe: everything is built in the first stage, and the second has only what is kept. */
export function dockerfileOf(draft: Draft, component: Component): string | undefined {
  const { context } = draft
  const recipe = context.recipe(component)
  if (!recipe) return undefined
  const wishes = context.runtimes(component)
  const kind = runtimeOf(draft, component)
  const base = baseImages(wishes)
  if (base.remark)
    context.of(component.name).finding('warning', 'W_COMPOSE_RUNTIME', base.remark, 'name one: build: { runtime: "24" }')
  const workspace = component.build.options.workspace ?? '.'
  const at = (folder: string) => posix.join('/app', folder)
  const steps = recipe.steps.filter((s) => s.stage !== 'prune')
  const prune = recipe.steps.filter((s) => s.stage === 'prune')
  let place = '/app'
  const goTo = (folder: string) => {
    if (folder === place) return []
    place = folder
    return [`WORKDIR ${folder}`]
  }
  const run = (step: { command: readonly string[]; cwd: string; env: Record<string, string> }) => [
    ...goTo(at(step.cwd)),
    `RUN ${Object.entries(step.env)
      .map(([k, v]) => `${k}=${quote(v)} `)
      .join('')}${step.command.map(quote).join(' ')}`,
  ]
  const args = Object.keys(component.build.env).flatMap((name) => [`ARG ${name}`, `ENV ${name}=$${name}`])
  const test = component.test && fixedWords(draft, component, component.test)
  const folder = recipe.output === '.' ? '/app' : at(recipe.output)
  const build = [
    `FROM ${base.build} AS build`,
    'WORKDIR /app',
    'COPY . .',
    ...args,
    ...steps.flatMap(run),
    ...(test ? [...goTo(at(workspace)), `RUN ${test.map(quote).join(' ')}`] : []),
    ...prune.flatMap(run),
  ]
  if (kind === 'nginx') {
    const prefix = component.serve?.basePath ?? '/'
    return lines([
      `# ${writtenBy('compose')}`,
      ...build,
      '',
      'FROM nginx:1.29',
      `COPY --from=build ${folder} ${posix.join('/usr/share/nginx/html', prefix)}`,
      'EXPOSE 80',
    ])
  }
  const command = component.command ? undefined : recipe.command
  const volumes = component.mounts.flatMap((m) => mountPath(component, m.volume) ?? [])
  const path = recipe.path.map((p) => at(p))
  return lines([
    `# ${writtenBy('compose')}`,
    ...build,
    '',
    `FROM ${base.run}`,
    ...(kind === 'node' ? ['ENV NODE_ENV=production'] : kind === 'python' ? ['ENV PYTHONUNBUFFERED=1'] : []),
    ...(path.length > 0 ? [`ENV PATH=${path.join(':')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`] : []),
    `WORKDIR ${recipe.output === '.' ? at(workspace) : '/app'}`,
    `COPY --from=build --chown=1000:1000 ${folder} /app`,
    // A new volume takes the owner of the folder that it is mounted on.
    ...(volumes.length > 0
      ? [`RUN mkdir -p ${volumes.map(quote).join(' ')} && chown 1000:1000 ${volumes.map(quote).join(' ')}`]
      : []),
    'USER 1000:1000',
    ...(component.type === 'web' ? [`EXPOSE ${portOf(component)}`] : []),
    ...(command ? [`CMD ${JSON.stringify(command)}`] : []),
  ])
}

/** What of the folder no image needs; tools on the machine would only get into the way of those in the image. */
export function dockerignoreText(): string {
  return lines([
    `# ${writtenBy('compose')}`,
    '.git',
    '**/node_modules',
    '**/.venv',
    '**/__pycache__',
    '**/.env',
    '**/.env.*',
    '!**/.env.example',
    '**/.next',
    '**/.turbo',
    'landfall.yaml',
    'compose*.yaml',
    'Dockerfile*',
    '.dockerignore',
    'smoke.sh',
  ])
}

/** Words of a command that hold nothing that only an instance knows. */
function fixedWords(draft: Draft, component: Component, command: NonNullable<Component['test']>): string[] | undefined {
  const none = () => undefined
  const words = command.map((value) =>
    valueText(value, {
      text: ({ text }) => text,
      stored: none,
      output: none,
      address: none,
      route: none,
      volume: none,
      instance: ({ field }) =>
        field === 'version' ? (draft.app.version ?? '') : field === 'port' ? String(portOf(component)) : undefined,
    }),
  )
  return words.every((w) => w !== undefined) ? words : undefined
}

/** A word of a shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function lines(list: string[]): string {
  return `${list.join('\n')}\n`
}
