import type { PartialManifest } from '../../manifest/partial.ts'
import type { Entry, ManualStep, Read, ReadContext } from '../../model/target.ts'
import { nameOf } from '../../translate/hosted/read-text.ts'
import { CALL, NAME, parseIac } from './parse-iac.ts'
import { readConfig } from './read-config.ts'
import { readIacService } from './read-service.ts'

export interface Reading {
  context: ReadContext
  manifest: PartialManifest
  because: Record<string, string>
  steps: Map<string, ManualStep>
  path: string
  /** Names of constants, and of services at Railway: both refer to the same thing. */
  resources: Map<string, { name: string; type: 'postgres' | 'redis' | 'volume'; size?: number }>
  components: Map<string, string>
  later: (() => void)[]
}
const DATABASES: Record<string, 'postgres' | 'redis'> = { postgres: 'postgres', redis: 'redis' }
const LARGEST = 256 * 1024

/** What .railway/railway.ts says as syntax, and the two older files, each of which is one service. */
export async function read(context: ReadContext): Promise<Read> {
  const manifest: PartialManifest = {}
  const because: Record<string, string> = {}
  const steps = new Map<string, ManualStep>()
  for (const path of context.found) {
    const reading: Reading = { context, manifest, because, steps, path, resources: new Map(), components: new Map(), later: [] }
    if (path.endsWith('.ts')) readProgram(reading)
    else {
      const [root] = context.open(path, path.endsWith('.toml') ? 'toml' : 'json')
      if (root?.value !== undefined) readConfig(reading, root)
    }
  }
  return { manifest, because, steps: [...steps.values()] }
}

function readProgram(reading: Reading): void {
  const { context, path } = reading
  const text = context.files.text(path)
  const program = text === undefined || text.length > LARGEST ? undefined : parseIac(text)
  if (text === undefined || !program) {
    context.finding({ level: 'error', code: 'E_UNREADABLE', at: path, message: `${path} is not a program that can be read here` })
    return
  }
  const starts = [0, ...[...text.matchAll(/\n/g)].map((m) => m.index + 1)]
  const placeOf = (offset: number) => {
    const line = starts.findLastIndex((s) => s <= offset)
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
  const data = { bindings: program.bindings, ...(program.project !== undefined && { project: program.project }) }
  const root = context.opened(path, data, (at) => {
    for (let length = at.length; length > 0; length--) {
      const offset = program.places.get(JSON.stringify(at.slice(0, length)))
      if (offset !== undefined) return placeOf(offset)
    }
    return { line: 1, column: 1 }
  })
  readRoot(reading, root)
}

function readRoot(reading: Reading, root: Entry): void {
  const project = root.get('project')
  project.get(CALL).kept('app')
  project.get('args', 0).kept('app')
  reading.manifest.app ??= nameOf(project.get('args', 0).text(), nameOf(reading.context.folderName))
  const inline = project.get('args', 1, 'resources').items()
  for (const item of inline) item.get(NAME).changed('what is in the list is in the manifest')
  const calls = [
    ...root
      .get('bindings')
      .entries()
      .map((e) => ({ key: e.key, e })),
    ...inline.map((e) => ({ key: '', e })),
  ]
  for (const { key, e } of calls) nameOne(reading, key, e)
  for (const { e } of calls) readOne(reading, e)
  for (const read of reading.later) read()
}

function nameOne(reading: Reading, key: string, call: Entry): void {
  const kind = call.get(CALL).text() ?? ''
  const said = call.get('args', 0).text() ?? ''
  const names = [key, said].filter((n) => n !== '')
  const type = DATABASES[kind]
  if (type) {
    const name = free(reading, nameOf(said, type === 'redis' ? 'cache' : 'db'))
    reading.manifest.resources = { ...reading.manifest.resources, [name]: { type } }
    reading.because[`resources.${name}`] = `${reading.path}: ${kind} ${said}`
    for (const n of names) reading.resources.set(n, { name, type })
  } else if (kind === 'volume') {
    const name = free(reading, nameOf(said, 'data'))
    const size = call.get('args', 1, 'sizeMB').number()
    const hasSize = size !== undefined && Number.isInteger(size) && size > 0 && size < 10_000_000
    reading.manifest.resources = {
      ...reading.manifest.resources,
      [name]: { type: 'volume', ...(hasSize && { size: `${size}Mi` }) },
    }
    for (const n of names) reading.resources.set(n, { name, type: 'volume' })
  } else if (kind === 'service') {
    const name = free(reading, nameOf(said, 'web'))
    reading.manifest.components = { ...reading.manifest.components, [name]: {} }
    for (const n of names) reading.components.set(n, name)
  }
}

function free({ manifest }: Reading, base: string): string {
  let name = base
  while (Object.hasOwn(manifest.resources ?? {}, name) || Object.hasOwn(manifest.components ?? {}, name))
    name = `${name.slice(0, 37)}-2`
  return name
}

function readOne(reading: Reading, call: Entry): void {
  const kind = call.get(CALL).text() ?? ''
  if (kind === 'service') {
    readIacService(reading, call)
    return
  }
  if (DATABASES[kind]) {
    call.get(CALL).kept('resources')
    call.get('args', 0).kept('resources')
    call.get('args', 1).lost('it runs on this machine')
  } else if (kind === 'volume') {
    call.get(CALL).kept('resources')
    call.get('args', 0).kept('resources')
    call.get('args', 1, 'sizeMB').kept('resources')
  } else if (/^(bucket|mysql|mongo|template|fn|empty|group)$/.test(kind)) {
    const hint =
      kind === 'bucket' ? 'resources: { media: { type: bucket } }, and its variables' : 'give its variables by `landfall env set`'
    call.lost(`nothing here is a ${kind}() of Railway`, hint)
  } else if (!call.get(NAME).isThere) call.lost('it is no literal, and nothing of the file is run', 'write out what it comes to')
}
