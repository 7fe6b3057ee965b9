import { parse } from 'yaml'
import type { SourceFiles } from '../../model/plug.ts'

export interface ComposeService {
  name: string
  image?: string
  /** Folder that is built, from the repository's root. */
  build?: string
  environment: Record<string, string>
  /** Named volumes, by name, with the folder where each appears. */
  volumes: Record<string, string>
}
export interface Compose {
  file: string
  services: ComposeService[]
}

const FILES = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'docker-compose.prod.yml',
  'docker-compose.dev.yml',
]

/** The first compose file of a folder, as far as it can be read: it is a hint, and its mistakes are not ours to report. */
export function readCompose(files: SourceFiles): Compose | undefined {
  const file = FILES.find((f) => files.names.has(f))
  const text = file === undefined ? undefined : files.text(file)
  if (file === undefined || text === undefined || text.length > 128 * 1024) return undefined
  try {
    const data: unknown = parse(text, { merge: true, maxAliasCount: 100, logLevel: 'silent' })
    const services = Object.entries(record(record(data).services)).map(([name, s]) => readService(name, record(s)))
    return { file, services: services.slice(0, 50) }
  } catch {
    return undefined // Not YAML, or not one that ends: then it says nothing.
  }
}

function readService(name: string, service: Record<string, unknown>): ComposeService {
  const { image, build, environment, volumes } = service
  const context = typeof build === 'string' ? build : record(build).context
  return {
    name,
    ...(typeof image === 'string' && { image }),
    ...(typeof context === 'string' && { build: context.replace(/^\.\//, '').replace(/\/+$/, '') || '.' }),
    environment: readEnvironment(environment),
    volumes: readVolumes(volumes),
  }
}

function readEnvironment(environment: unknown): Record<string, string> {
  const pairs = Array.isArray(environment)
    ? environment.map((line) => String(line).split(/=(.*)/s, 2))
    : Object.entries(record(environment)).map(([key, value]) => [key, value === null ? '' : String(value)])
  return Object.fromEntries(
    pairs.filter(([key = '']) => /^[A-Za-z_]\w*$/.test(key)).map(([key = '', value = '']) => [key, plain(value)]),
  )
}

/** `${NAME:-default}` is its default, and what comes from elsewhere is unknown. */
function plain(value: string): string {
  return value.replace(/\$\{[A-Za-z_]\w*:?-([^}]*)\}/g, '$1').replace(/\$\{?[A-Za-z_]\w*[^}]*\}?/g, '')
}

function readVolumes(volumes: unknown): Record<string, string> {
  const found: Record<string, string> = {}
  for (const volume of Array.isArray(volumes) ? volumes : []) {
    const [name, path] = typeof volume === 'string' ? volume.split(':') : [record(volume).source, record(volume).target]
    if (typeof name !== 'string' || typeof path !== 'string' || !/^[A-Za-z]/.test(name) || !path.startsWith('/')) continue
    if (!/node_modules|\.venv|\.next|\/target$/.test(path)) found[name] = path
  }
  return found
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
