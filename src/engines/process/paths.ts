import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf, LandfallError } from '../../lib/error.ts'
import type { Scope } from '../../model/plan.ts'

/** Where what lies under LANDFALL_HOME. Every name is checked once more here, since a path is made of it. */
export const paths = {
  instances: (home: string) => join(home, 'instances'),
  instance: (home: string, id: string) => join(home, 'instances', safe(id)),
  record: (home: string, id: string) => join(home, 'instances', safe(id), 'instance.json'),
  exit: (home: string, id: string) => join(home, 'instances', safe(id), 'exit'),
  temporary: (home: string, id: string) => join(home, 'instances', safe(id), 'tmp'),
  /** Ours, so that nobody can put a link in the way of what is written there; the files in it are the instance's. */
  secrets: (home: string, id: string) => join(home, 'instances', safe(id), 'secrets'),
  secret: (home: string, id: string, variable: string, name: string) =>
    join(home, 'instances', safe(id), 'secrets', safeVariable(variable), safeFile(name)),
  artifact: (home: string, artifact: string) => join(home, 'artifacts', safe(artifact)),
  artifactRoot: (home: string, artifact: string) => join(home, 'artifacts', safe(artifact), 'root'),
  volumes: (home: string, s: Scope) => join(home, 'volumes', safe(s.app), safe(s.environment)),
  volume: (home: string, s: Scope, name: string) => join(home, 'volumes', safe(s.app), safe(s.environment), safe(name)),
  /** HOME of the instances of one environment. */
  personal: (home: string, s: Scope, runsAs: string) => join(home, 'homes', safe(s.app), safe(s.environment), safe(runsAs)),
  logs: (home: string, s: Scope) => join(home, 'logs', safe(s.app), safe(s.environment)),
  log: (home: string, s: Scope, component: string, release: string, name: string) =>
    join(home, 'logs', safe(s.app), safe(s.environment), safe(component), safe(release), `${safe(name)}.log`),
  scratch: (home: string) => join(home, 'scratch'),
  /** What the engine remembers beside its instances: uids and ports given. */
  memory: (home: string, name: string) => join(home, 'engine', safe(name)),
}

/** Names that hold anything (`seed@k3`, `collect static`) as one that a file may have; different names stay apart. */
export function fileName(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return `${plain.replace(/^-+|-+$/g, '').slice(0, 24) || 'x'}-${digest}`
}

/** Folders of ours can be walked through by the instances' users and read by nobody else, whatever our umask is. */
export function makeFolder(path: string, mode = 0o711): void {
  if (existsSync(path)) return
  makeFolder(dirname(path), mode)
  try {
    mkdirSync(path)
    chmodSync(path, mode)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

function safeVariable(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) return name
  throw new LandfallError({ code: 'E_NAME', message: `${JSON.stringify(name.slice(0, 60))} cannot name a variable` })
}

function safeFile(name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}$/.test(name)) return name
  throw new LandfallError({ code: 'E_NAME', message: `${JSON.stringify(name.slice(0, 60))} cannot name a file` })
}

function safe(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,200}$/.test(name) && !name.includes('..')) return name
  throw new LandfallError({ code: 'E_NAME', message: `${JSON.stringify(name.slice(0, 60))} cannot be a part of a path` })
}
