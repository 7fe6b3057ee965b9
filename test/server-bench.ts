import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Component, Environment, Resource } from '../src/model/app.ts'
import type { Instance, ResourceType } from '../src/model/plug.ts'
import type { Value } from '../src/model/value.ts'
import { EngineBench, processesOf, shop } from './process-engine.ts'

/** A resource's server on the real process engine: installed, started under the uid of servers, logged into. */
export class ServerBench {
  readonly resource: Resource
  readonly type: ResourceType
  readonly bench: EngineBench
  private release = 0

  constructor(type: ResourceType, name: string, options: Record<string, unknown> = {}) {
    this.type = type
    this.resource = { name, type: type.type, options }
    this.bench = new EngineBench({
      servers: { [type.type]: type.server! },
      value: (v) => this.text(v),
    })
    for (const { name: stored, length } of type.expand(this.resource).secrets)
      this.bench.stored[stored] = 'Kq3vX9dLr2'.padEnd(length, 'z')
  }

  get component(): Component {
    return this.type.expand(this.resource).components[0]!
  }
  /** Folder of the one volume. */
  get folder(): string {
    return this.bench.engine.volumePath(shop, this.type.expand(this.resource).volumes[0]!.name)
  }
  get artifactRoot(): string {
    return join(this.bench.home, 'artifacts', this.artifactName, 'root')
  }
  /** What a step that runs beside it has to name. */
  get started() {
    return { component: this.component, release: `r${this.release}`, artifact: this.artifactName }
  }
  private get artifactName(): string {
    const { source } = this.component
    return `server-${source.type === 'server' ? source.version.replace(/\W/g, '-') : ''}`
  }

  async text(v: Value): Promise<string> {
    if (v.type === 'text') return v.text
    if (v.type === 'stored') return this.bench.stored[v.name] ?? ''
    if (v.type === 'join') return (await Promise.all(v.parts.map((part) => this.text(part)))).join('')
    if (v.type === 'url-text') return encodeURIComponent(await this.text(v.of))
    if (v.type === 'volume') return this.bench.engine.volumePath(shop, v.volume)
    if (v.type === 'address') {
      const { host, port } = await this.bench.engine.address(shop, v.component)
      return { host, port: String(port), hostport: `${host}:${port}`, url: `http://${host}:${port}` }[v.part]
    }
    throw new Error(`no text for ${v.type}`)
  }
  output(field: string): Promise<string> {
    return this.text(this.type.output(this.resource, field))
  }

  /** As the build step does it. */
  async install(): Promise<void> {
    const folder = join(this.bench.home, 'artifacts', this.artifactName)
    if (existsSync(join(folder, 'artifact.json'))) return
    const { source } = this.component
    if (source.type !== 'server') throw new Error('not a server')
    mkdirSync(this.artifactRoot, { recursive: true })
    for (const path of [join(this.bench.home, 'artifacts'), folder]) chmodSync(path, 0o711)
    const ctx = { signal: AbortSignal.timeout(60_000), say: () => {}, cache: join(this.bench.home, 'cache') }
    await this.type.server!.install(source, this.artifactRoot, ctx)
    writeFileSync(join(folder, 'artifact.json'), JSON.stringify({ version: 1, path: [], runtimes: [] }))
  }

  async start(): Promise<void> {
    await this.install()
    for (const { name, runsAs } of this.type.expand(this.resource).volumes) {
      await this.bench.engine.steps.volume({ type: 'volume', name, runsAs }, this.bench.context())
    }
    this.release += 1
    await this.bench.start(this.component, `r${this.release}`, this.artifactName)
  }
  /** Until the login of its health check works. */
  async ready(timeoutSeconds = 30): Promise<void> {
    await this.bench.healthy(this.component, `r${this.release}`, timeoutSeconds)
  }
  async up(): Promise<void> {
    await this.start()
    await this.ready()
  }
  async stop(): Promise<void> {
    await this.bench.stop(this.component.name, `r${this.release}`)
  }
  async instance(): Promise<Instance> {
    const [instance] = await this.bench.engine.instances()
    if (!instance) throw new Error('no instance')
    return instance
  }
  /** All its processes at once, as the loss of power would; the engine then starts it anew. */
  async kill(): Promise<void> {
    const { pid, restarts } = await this.instance()
    process.kill(-pid!, 'SIGKILL')
    while ((await this.instance()).restarts === restarts) await sleep(20)
  }
  /** The server's own process, behind the shells. */
  async pid(): Promise<number> {
    const { id, pid } = await this.instance()
    const found = processesOf(this.bench.home, id).filter((each) => each !== pid)
    if (found.length !== 1) throw new Error(`processes: ${found.join(', ')}`)
    return found[0]!
  }
  login(over: Record<string, string> = {}): Promise<void> {
    return this.values().then((values) => this.type.server!.login({ ...values, ...over }, AbortSignal.timeout(20_000)))
  }
  private async values(): Promise<Record<string, string>> {
    const { health } = this.component
    if (health?.type !== 'resource') throw new Error('no login')
    const entries = Object.entries(health.values).map(async ([k, v]) => [k, await this.text(v)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }
  async log(): Promise<string> {
    return (await this.bench.logs()).map((line) => line.text).join('\n')
  }
  check(environment?: Environment): string[] {
    return this.type.check(this.resource, environment).map((f) => `${f.code} ${f.at}`)
  }
  close(): Promise<void> {
    return this.bench.close()
  }
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-resource-'))
  chmodSync(folder, 0o755)
  return folder
}
export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true })

export const modeOf = (path: string) => statSync(path).mode & 0o777

/** The server programs of these sources, where `npm run build` puts them. */
export async function buildPrograms(): Promise<void> {
  const script = new URL('../scripts/build-programs.mjs', import.meta.url).href
  const { buildPrograms } = (await import(script)) as { buildPrograms(): Promise<string[]> } // It is a script without types.
  await buildPrograms()
}
