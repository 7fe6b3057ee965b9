import type { EnvInput } from '../../manifest/partial.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry, ReadContext } from '../../model/target.ts'
import { all, type Project, type Service } from './project.ts'

export interface FoundResource {
  /** In the manifest. */
  name: string
  type: string
}
export interface Login {
  user?: string
  password?: string
  database?: string
  port: string
}

/** What is known while the services are read one by one. */
export class Reading {
  readonly context: ReadContext
  readonly project: Project
  /** By name of the service. */
  readonly resources = new Map<string, FoundResource>()
  readonly logins = new Map<string, Login>()
  /** Services that become components. */
  readonly components = new Set<string>()
  readonly top: Record<string, EnvInput> = {}
  /** Ports by which a gateway reaches services. */
  readonly upstreamPorts = new Map<string, number>()
  /** Variables that a person has to set. */
  readonly asked = new Set<string>()
  private readonly files = new Map<string, Entry>()
  readonly volumes = new Map<string, string>()
  private readonly names = new Map<string, string>()

  constructor(context: ReadContext, project: Project) {
    this.context = context
    this.project = project
  }

  /** Name in the manifest of a service: small letters, digits and hyphens, each once. */
  componentName(service: string): string {
    const known = this.names.get(service)
    if (known !== undefined) return known
    let name = nameFrom(service, 'service')
    for (let i = 2; [...this.names.values()].includes(name); i++) name = `${nameFrom(service, 'service').slice(0, 36)}-${i}`
    this.names.set(service, name)
    return name
  }

  /** Name in the manifest of a volume; none is called as a component or resource is. */
  volumeName(volume: string): string {
    const known = this.volumes.get(volume)
    if (known !== undefined) return known
    const taken = [...this.volumes.values(), ...this.names.values(), ...[...this.resources.values()].map((r) => r.name)]
    const plain = nameFrom(volume, 'data')
    let name = taken.includes(plain) ? `${plain.slice(0, 34)}-data` : plain
    for (let i = 2; taken.includes(name); i++) name = `${plain.slice(0, 34)}-${i}`
    this.volumes.set(volume, name)
    return name
  }

  ask(name: string): void {
    this.asked.add(name)
  }

  opened(file: string, open: () => Entry): Entry {
    const known = this.files.get(file)
    if (known) return known
    const entry = open()
    this.files.set(file, entry)
    return entry
  }

  /** Resources that a service waits for, or is linked to. */
  needed(service: Service): FoundResource[] {
    const names = all(service, 'depends_on').flatMap((e) =>
      Array.isArray(e.value) ? e.items().map((i) => i.text() ?? '') : e.entries().map((i) => i.key),
    )
    const found = names.flatMap((name) => this.resources.get(name) ?? [])
    return found.length > 0 ? found : [...this.resources.values()]
  }
}
