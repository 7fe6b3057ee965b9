import type { PartialManifest } from '../../manifest/partial.ts'
import type { Entry, ManualStep, Read, ReadContext } from '../../model/target.ts'
import { nameOf } from '../../translate/hosted/read-text.ts'
import { readNode } from './read-node.ts'

export interface Reading {
  context: ReadContext
  manifest: PartialManifest
  because: Record<string, string>
  steps: Map<string, ManualStep>
  path: string
  prefix?: string
  /** By the `ref` of a node: what it became. */
  refs: Map<string, { name: string; type: 'postgres' | 'redis' | 'component' | 'other' }>
  /** By the name that a service has there: how others of the project reach it. */
  services: Map<string, string>
  /** Literal texts of arguments. */
  args: Entry
  /** What may refer to things that stand behind it: read when everything has its name, port and routes. */
  later: (() => void)[]
}
export interface Node {
  kind: string
  ref: string
  entry: Entry
  spec: Entry
}

/** The nodes of a template, in the order in which they are carried out, as components and resources. */
export async function read(context: ReadContext): Promise<Read> {
  const manifest: PartialManifest = {}
  const because: Record<string, string> = {}
  const steps = new Map<string, ManualStep>()
  for (const path of context.found) {
    const [root] = context.open(path, 'json')
    if (root?.value === undefined) continue
    const reading: Reading = {
      context,
      manifest,
      because,
      steps,
      path,
      refs: new Map(),
      services: new Map(),
      args: root.get('arguments'),
      later: [],
    }
    readRoot(reading, root)
  }
  return { manifest, because, steps: [...steps.values()] }
}

function readRoot(reading: Reading, root: Entry): void {
  for (const key of ['$schema', 'apiVersion', 'description', 'name'] as const) root.get(key).changed('about the template itself')
  root.get('options').lost('what runs a template is Northflank’s own')
  root.get('triggers').lost('nothing runs by itself', '`landfall export github-actions` writes a pipeline')
  root.get('gitops').changed('the sources are here')
  root.get('teardownSpec').changed('`landfall down` takes away what `up` made')
  root.get('arguments').changed('their values stand where they are used, or are asked for')
  root.get('argumentOverrides').changed('they are asked for: no value of them was taken', 'landfall env set')
  const nodes: Node[] = []
  // Older files have the project at their root.
  const old = root.get('project', 'spec')
  if (old.isThere) nodes.push({ kind: 'Project', ref: 'project', entry: root.get('project'), spec: old })
  collect(root.get('spec'), nodes, 0)
  const project = nodes.find((n) => n.kind === 'Project')
  const name = nameOf(project?.spec.get('name').text() ?? root.get('name').text(), nameOf(reading.context.folderName))
  reading.manifest.app ??= name
  reading.prefix = name
  // Names first: what refers to them stands behind, or before.
  for (const node of nodes) readNode(reading, node, 'names')
  for (const node of nodes) readNode(reading, node, 'all')
  for (const read of reading.later) read()
}

function collect(entry: Entry, nodes: Node[], depth: number): void {
  if (depth > 40) return
  const kind = entry.get('kind').text() ?? ''
  const spec = entry.get('spec')
  if (entry.get('kind').isThere) entry.get('kind').changed('what kind of thing it is')
  entry.get('ref').changed('what others call it')
  for (const key of ['condition', 'skipNodeExecution', 'runNodeOnce'] as const)
    entry.get(key).lost('a release has an order of its own')
  if (kind === 'Workflow') {
    spec.get('type').changed('what needs another comes after it')
    spec.get('context').changed('one app has all of it')
    for (const step of spec.get('steps').items()) collect(step, nodes, depth + 1)
  } else if (kind !== '') nodes.push({ kind, ref: entry.get('ref').text() ?? '', entry, spec })
}

/** A name of Northflank without that of the app in front. */
export function plainName(reading: Reading, said: string | undefined, otherwise: string): string {
  const text = nameOf(said, otherwise)
  const { prefix } = reading
  return prefix !== undefined && text.startsWith(`${prefix}-`) ? nameOf(text.slice(prefix.length + 1), text) : text
}
