import { posix } from 'node:path'
import type { Entry, ReadContext } from '../../model/target.ts'

/** A service with the layers that it is made of: what it extends first, then its own, then what overrides it. */
export interface Service {
  name: string
  layers: Entry[]
  /** Folder of the file that names it, from the project's. */
  folder: string
}

export interface Project {
  services: Service[]
  /** Top-level mappings of all files. */
  tops: Entry[]
  file: string
}

const BASES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
const RULES = { tags: ['!reset', '!override'] }

/** Opens the compose file of a project, what overrides it, and what it includes or extends. */
export function openProject(context: ReadContext): Project | undefined {
  const [first, ...overrides] = chooseFiles(context)
  if (first === undefined) return undefined
  const project: Project = { services: [], tops: [], file: first }
  const opened = new Map<string, Entry>()
  const open = (file: string): Entry | undefined => {
    const known = opened.get(file)
    if (known) return known
    const [root] = context.open(file, 'yaml', RULES)
    if (root) opened.set(file, root)
    return root
  }
  const take = (file: string, depth: number) => {
    const root = open(file)
    if (!root || project.tops.includes(root)) return
    project.tops.push(root)
    const folder = posix.dirname(file)
    for (const included of root.get('include').items()) {
      const path = included.get('path').isThere ? included.get('path') : included
      for (const item of path.items()) {
        const other = posix.join(folder, item.text() ?? '')
        if (depth > 10 || !context.files.names.has(other)) included.lost(`${other} is not there`)
        else {
          included.kept(other)
          take(other, depth + 1)
        }
      }
    }
    for (const entry of root.get('services').entries()) {
      const base = extended(entry, folder, open, context, 0)
      const known = project.services.find((s) => s.name === entry.key)
      if (known) known.layers.push(...base, entry)
      else project.services.push({ name: entry.key, layers: [...base, entry], folder })
    }
  }
  take(first, 0)
  for (const file of overrides) take(file, 0)
  for (const [file, root] of opened) if (!project.tops.includes(root)) root.changed(`of ${file} only what is extended was taken`)
  return project
}

/** What a service extends, from the outermost on; its own verdicts are the ones that count. */
function extended(
  entry: Entry,
  folder: string,
  open: (file: string) => Entry | undefined,
  context: ReadContext,
  depth: number,
): Entry[] {
  const from = entry.get('extends')
  if (!from.isThere) return []
  const name = from.text() ?? from.get('service').text() ?? ''
  const file = from.get('file').text()
  const path = file === undefined ? undefined : posix.join(folder, file)
  const root = path === undefined ? top(entry, open, context) : context.files.names.has(path) ? open(path) : undefined
  const base = root?.get('services', name)
  if (!base?.isThere || depth > 10) {
    from.lost(`${path ?? 'this file'} has no service ${name} that could be extended`)
    return []
  }
  from.kept(`taken from ${base.at}`)
  return [...extended(base, path === undefined ? folder : posix.dirname(path), open, context, depth + 1), base]
}

/** The file that an entry stands in. */
function top(entry: Entry, open: (file: string) => Entry | undefined, _context: ReadContext): Entry | undefined {
  return open(entry.at.replace(/:\d+:\d+$/, ''))
}

/** The one file and its overrides; others are named, so that nobody thinks they were looked at. */
function chooseFiles(context: ReadContext): string[] {
  const { file } = context.options
  if (file !== undefined) return file.split('+')
  const isOverride = (name: string) => /\.override\.ya?ml$/.test(name)
  const base = BASES.find((name) => context.found.includes(name))
  const variants = context.found.filter((name) => !isOverride(name))
  const rank = (name: string) =>
    name.includes('/') ? 4 : /prod/.test(name) ? 0 : /stag/.test(name) ? 1 : /dev|local|test/.test(name) ? 3 : 2
  const first = base ?? variants.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0] ?? context.found[0]
  if (first === undefined) return []
  const overrides = context.found.filter((name) => isOverride(name) && base !== undefined && posix.dirname(name) === '.')
  for (const other of variants.filter((name) => name !== first)) {
    context.finding({
      level: 'warning',
      code: 'W_COMPOSE_NOT_READ',
      at: other,
      message: `${other} was not read: ${first} was`,
      hint: `--option file=${other} reads that one, file=${first}+${other} one over the other`,
    })
  }
  return [first, ...overrides]
}

/** The value that counts, from the last layer that has one; what it takes the place of is told so. */
export function pick(service: Service, key: string): Entry {
  const there = service.layers.map((layer) => layer.get(key)).filter((entry) => entry.isThere)
  const last = there.at(-1)
  for (const entry of there.slice(0, -1)) if (entry.at !== last?.at) entry.changed(`overridden at ${last?.at}`)
  return last ?? service.layers.at(-1)!.get(key)
}

/** Entries of a mapping or list over all layers, later ones last. */
export function all(service: Service, key: string): Entry[] {
  const there = service.layers.map((layer) => layer.get(key)).filter((entry) => entry.isThere)
  // An empty list over another one is there to empty it: `ports: !reset []`.
  const reset = there.findLastIndex((entry) => Array.isArray(entry.value) && entry.value.length === 0)
  for (const entry of there.slice(0, Math.max(0, reset)))
    if (entry.at !== there[reset]?.at) entry.changed(`emptied at ${there[reset]?.at}`)
  if (reset >= 0) there[reset]?.kept()
  return there.slice(reset + 1)
}
