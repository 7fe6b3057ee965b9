import { relative } from 'node:path'
import type { App, Component, Health } from '../../model/app.ts'
import { type Block, code, heading, type Inline, joined, list, type Page, type Span, say, strong, table } from '../blocks.ts'
import { graphOf } from '../graph.ts'
import type { GuideInput } from '../guide-input.ts'
import { toMermaid } from '../mermaid.ts'
import { commandText } from '../value-text.ts'

/** The deployment view after arc42, §7: why, how good, level 1, level 2, and which block is which process on which port. */
export function deploymentPage(input: GuideInput): Page {
  const { cite } = input
  // What a release publishes as archives runs nowhere.
  const app = { ...input.app, components: input.app.components.filter((c) => c.type !== 'artifact') }
  const drawing: Block = {
    type: 'drawing',
    name: 'level-1',
    about: 'Users, edge, components and resources, with who reaches whom',
    mermaid: toMermaid(graphOf(app)),
  }
  return {
    name: 'deployment-view',
    title: 'Deployment view',
    blocks: [
      heading('Level 1: the whole', cite('components')),
      drawing,
      heading('Motivation', undefined, 3),
      list(motivation(app)),
      heading('Quality', undefined, 3),
      list(quality(app)),
      heading('Building blocks and where they run', cite('components')),
      table(
        ['Building block', 'Process', 'Port', 'Reached by', 'Instances', 'Limits'],
        [
          ...app.components.map((c) => blockRow(c, app)),
          ...app.resources.map((r): Inline[] => resourceRow(r.name, r.type, r.options)),
        ],
      ),
      say(
        'Under Landfall every instance gets a port of its own in ',
        code('PORT'),
        '; the port in the table is the one in a container and on other platforms.',
      ),
      heading('Level 2: inside each block'),
      ...input.app.components.flatMap((c) => levelTwo(c, input)),
    ],
  }
}

function motivation(app: App): Inline[] {
  const published = app.components.filter((c) => c.type === 'static').length
  const running = app.components.length - published
  const parts = [
    running > 0 ? `${running} ${running === 1 ? 'component runs' : 'components run'}` : '',
    published > 0 ? `${published} ${published === 1 ? 'is published as files' : 'are published as files'}` : '',
  ].filter(Boolean)
  const lines: Inline[] = [
    [parts.join(', '), app.components.length > 1 ? ': each is built and released alone where that is wanted.' : '.'],
  ]
  const hidden = app.components.filter((c) => c.type !== 'static' && !app.routes.some((r) => r.to === c.name))
  if (hidden.length > 0) {
    lines.push([
      ...joined(
        hidden.map((c): Inline => [code(c.name)]),
        ', ',
      ),
      ' has no route: nothing outside reaches it.',
    ])
  }
  for (const c of app.components) {
    if (c.max)
      lines.push([
        code(c.name),
        ` stays at ${c.max.instances} ${c.max.instances === 1 ? 'instance' : 'instances'}: ${c.max.because}.`,
      ])
    for (const m of c.mounts) {
      if (m.writers === 'one')
        lines.push([
          code(c.name),
          ' alone writes the volume ',
          code(m.volume),
          ': in a release the old instance stops before the new one starts, and requests wait meanwhile.',
        ])
    }
  }
  return lines
}

function quality(app: App): Inline[] {
  const overlap = app.components.filter((c) => c.type === 'web' && c.rollout === 'overlap')
  const lines: Inline[] = []
  if (overlap.length > 0) {
    lines.push([
      strong('No failed request in a release:'),
      ' ',
      'new instances of ',
      ...joined(
        overlap.map((c): Inline => [code(c.name)]),
        ', ',
      ),
      ' run beside the old ones until they answer.',
    ])
  }
  for (const c of app.components) if (c.health) lines.push([strong(`${c.name} is healthy:`), ' ', healthText(c.health)])
  lines.push([strong('Way back:'), ' ', `${app.keep.releases} releases are kept.`])
  for (const check of app.checks) {
    for (const step of check.steps) {
      if (step.type === 'http' && step.expect.belowMs !== undefined) {
        lines.push([strong(`${check.name}:`), ' ', `answered within ${step.expect.belowMs} ms.`])
      }
    }
  }
  return lines
}

export function healthText(health: Health): string {
  switch (health.type) {
    case 'http': {
      const status = health.status === undefined ? 'below 500' : String(health.status)
      const json = health.json === undefined ? '' : ` with ${JSON.stringify(health.json)}`
      return `GET ${health.path} answers ${status}${json}, within ${health.timeoutSeconds} s of its start.`
    }
    case 'tcp':
      return `its port accepts connections, within ${health.timeoutSeconds} s of its start.`
    case 'alive':
      return `it still runs ${health.settleSeconds} s after its start.`
    case 'resource':
      return `a login works, within ${health.timeoutSeconds} s of its start.`
  }
}

function blockRow(c: Component, app: App): Inline[] {
  const places = app.routes.filter((r) => r.to === c.name).map((r): Inline => [code(`${r.host}${r.path === '/' ? '' : r.path}`)])
  const limits = [c.limits.memoryMiB ? `${c.limits.memoryMiB} MiB` : '', c.limits.cpus ? `${c.limits.cpus} cpu` : '']
    .filter(Boolean)
    .join(', ')
  return [
    [code(c.name)],
    c.type === 'static'
      ? ['files, served by the edge']
      : c.command
        ? [code(commandText(c.command))]
        : ['what its builder starts'],
    [c.type === 'static' ? '–' : c.port === undefined ? 'PORT' : String(c.port)],
    places.length > 0 ? joined(places, ', ') : c.address ? ['components, from inside'] : ['nobody'],
    [c.type === 'static' ? '–' : String(c.instances)],
    [limits || 'none'],
  ]
}

function resourceRow(name: string, type: string, options: Record<string, unknown>): Inline[] {
  const isElsewhere = options.url !== undefined
  return [
    [code(name)],
    [`${type}${isElsewhere ? ', elsewhere' : ''}`],
    [type === 'volume' ? 'folder' : 'given when it starts'],
    ['components, from inside'],
    ['1'],
    ['none'],
  ]
}

function levelTwo(c: Component, { app, cite, builds, folder, reasons }: GuideInput): Block[] {
  const gets = app.contract.filter((e) => e.components.includes(c.name))
  const build = builds[c.name]
  const items: Inline[] = [[strong('Source:'), ' ', sourceText(c, folder)]]
  const item = (title: string, ...text: Inline) => items.push([strong(title), ' ', ...text])
  if (build) item('Build:', build)
  if (c.needs.length > 0) item('Waits for:', ...names(c.needs))
  if (c.mounts.length > 0) item('Volumes:', ...names(c.mounts.map((m) => m.volume)))
  if (gets.length > 0) item('Variables:', ...names(gets.map((e) => e.name)))
  if (c.type === 'artifact') item('Archives:', ...names((c.archives ?? []).map((a) => a.target)), ', which a release publishes')
  else if (c.type !== 'static') {
    item(
      'Stops:',
      `${c.stop.drainSeconds} s to finish what it has in hand, then ${c.stop.signal}, then ${c.stop.graceSeconds} s.`,
    )
  }
  for (const { key, text } of reasons[`components.${c.name}`] ?? []) {
    items.push(key === '' ? [strong('Why:'), ' ', text] : [strong('Why'), ' ', code(key), ': ', text])
  }
  return [heading(c.name, cite(`components.${c.name}`), 3), list(items)]
}

function sourceText({ source }: Component, folder: string): Span {
  switch (source.type) {
    case 'image':
      return code(source.image)
    case 'server':
      return code(source.resource)
    default:
      return code(relative(folder, source.path) || '.')
  }
}

const names = (list: string[]): Inline =>
  joined(
    list.map((name): Inline => [code(name)]),
    ', ',
  )
