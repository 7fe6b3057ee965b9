import { LandfallError } from '../../../lib/error.ts'
import { failpoint } from '../../../lib/failpoint.ts'
import type { RouteLine, Scope } from '../../../model/plan.ts'
import type { EdgeTable } from '../../../model/plug.ts'
import type { Plane } from '../proxy/plane.ts'
import type { Upstream } from '../proxy/upstream.ts'
import { FileCache } from '../static/file-cache.ts'
import { StaticSite } from '../static/static-site.ts'
import { checkEndpoints, checkTable } from './check-table.ts'
import { compileRouting, type Route, type Routing } from './routing.ts'
import type { SealedFile } from './sealed-file.ts'
import { emptyTable, type ScopeTable, scopeKey, type Tables } from './table.ts'

const HOLD_MAX_SECONDS = 600

/** The tables of all scopes: on the disk first, then in force, and only then acknowledged. */
export class AllTables {
  alerts: string[] = []
  private tables: Tables = { generation: 0, scopes: {} }
  private readonly staged = new Map<string, { table: EdgeTable; routing: Routing }>()
  private readonly file: SealedFile
  private readonly plane: Plane
  private readonly ownPorts: () => ReadonlySet<number>
  private readonly files = new FileCache()
  private readonly onLost: (error: unknown) => void
  private queue: Promise<unknown> = Promise.resolve()
  private isFrozen = false

  constructor(options: {
    file: SealedFile
    plane: Plane
    ownPorts: () => ReadonlySet<number>
    onLost: (error: unknown) => void
  }) {
    this.file = options.file
    this.plane = options.plane
    this.ownPorts = options.ownPorts
    this.onLost = options.onLost
    this.plane.heldUntil = (route) => this.heldUntil(route)
  }

  get generation(): number {
    return this.tables.generation
  }

  /** What the disk says, in force at once. */
  async load(): Promise<void> {
    const { value, alerts } = await this.file.read()
    this.alerts.push(...alerts)
    // Sealed by us, after the same checks.
    if (value) this.tables = value as Tables
    this.apply()
  }

  /** Nothing is taken in any more: another process has begun to take over. */
  async freeze(): Promise<void> {
    this.isFrozen = true
    await this.queue
  }
  thaw(): void {
    this.isFrozen = false
  }

  routes(scope: Scope): RouteLine[] {
    const { table } = this.of(scope)
    return table.routes.map(({ host, path, component, release }) => ({ host, path, component, release }))
  }

  scopeOfHost(host: string): string | undefined {
    return this.plane.routing.sites.get(host)?.scope
  }

  stagedRouting(scope: Scope): Routing | undefined {
    return this.staged.get(scopeKey(scope))?.routing
  }

  stage(scope: Scope, given: unknown): void {
    const table = this.check(scope, given)
    this.staged.set(scopeKey(scope), { table, routing: this.compile({ [scopeKey(scope)]: { ...scope, epoch: 0, table } }) })
    this.dropUnused()
  }

  swap(scope: Scope, given: unknown, epoch: number): Promise<void> {
    return this.change(() => {
      const old = this.fenced(scope, epoch)
      const table = this.check(scope, given)
      const silent = [...table.routes, ...table.internal].find((line) => line.endpoints.length === 0)
      if (silent) {
        throw new LandfallError({ code: 'E_NO_ENDPOINT', message: `${silent.component} ${silent.release} has no endpoint` })
      }
      failpoint('edge:swap:before')
      const { hold: _, ...rest } = old
      return { ...rest, epoch, table }
    }, 'swap').then(() => {
      this.staged.delete(scopeKey(scope))
      this.dropUnused()
      this.plane.releaseHeld((route) => route.scope === scopeKey(scope))
    })
  }

  hold(scope: Scope, components: string[], seconds: number, epoch: number): Promise<void> {
    return this.change(() => {
      const old = this.fenced(scope, epoch)
      if (!(seconds > 0 && seconds <= HOLD_MAX_SECONDS)) {
        throw new LandfallError({ code: 'E_RANGE', at: 'seconds', message: `seconds: from 1 to ${HOLD_MAX_SECONDS}` })
      }
      return { ...old, epoch, hold: { components, until: Date.now() + seconds * 1000 } }
    }, 'hold')
  }

  /** In place: an instance came back on another port. */
  async endpoints(scope: Scope, component: string, release: string, endpoints: string[]): Promise<void> {
    checkEndpoints(endpoints, 'endpoints', this.ownPorts())
    const withNew = (table: EdgeTable): EdgeTable => {
      const update = <T extends { component: string; release: string; endpoints: string[] }>(line: T): T =>
        line.component === component && line.release === release ? { ...line, endpoints } : line
      return { routes: table.routes.map(update), internal: table.internal.map(update) }
    }
    const staged = this.staged.get(scopeKey(scope))
    if (staged) this.stage(scope, withNew(staged.table))
    const isNamed = (table: EdgeTable) =>
      [...table.routes, ...table.internal].some(
        (line) => line.component === component && line.release === release && line.endpoints.join() !== endpoints.join(),
      )
    if (!isNamed(this.of(scope).table)) return
    await this.change(() => {
      const old = this.of(scope)
      return { ...old, table: withNew(old.table) }
    }, 'endpoints')
  }

  /** Another process wrote since: its table is the one that counts. */
  reloadNow(): void {
    const value = this.file.readNow()
    if (!value) return
    this.tables = value as Tables
    this.apply()
    this.plane.releaseHeld((route) => this.heldUntil(route) === 0)
  }

  private change(next: () => ScopeTable, what: 'swap' | 'hold' | 'endpoints'): Promise<void> {
    const work = this.queue.then(async () => {
      if (this.isFrozen) {
        throw new LandfallError({
          code: 'E_EDGE_BUSY',
          message: 'the edge is handing over to a newer one',
          hint: 'try again in a moment',
        })
      }
      const scope = next()
      const tables: Tables = {
        generation: this.tables.generation + 1,
        scopes: { ...this.tables.scopes, [scopeKey(scope)]: scope },
      }
      try {
        await this.file.write(tables)
      } catch (error) {
        if (error instanceof LandfallError) this.onLost(error)
        throw new LandfallError({
          code: 'E_DISK',
          message: `the table could not be written: ${error instanceof Error ? error.message : String(error)}`,
          hint: 'make room on the disk of LANDFALL_HOME; what served before goes on serving',
          cause: error,
        })
      }
      failpoint(`edge:${what}:written`)
      this.tables = tables
      this.apply()
      failpoint(`edge:${what}:after`)
    })
    this.queue = work.catch(() => {}) // Told to whoever asked; the next change does not depend on it.
    return work
  }

  private of(scope: Scope): ScopeTable {
    return this.tables.scopes[scopeKey(scope)] ?? { ...scope, epoch: 0, table: emptyTable }
  }

  private fenced(scope: Scope, epoch: number): ScopeTable {
    const old = this.of(scope)
    if (Number.isSafeInteger(epoch) && epoch >= old.epoch) return old
    throw new LandfallError({
      code: 'E_FENCED',
      message: `epoch ${epoch} is over: a run with epoch ${old.epoch} has changed ${scopeKey(scope)} since`,
    })
  }

  private check(scope: Scope, given: unknown): EdgeTable {
    const table = checkTable(given, this.ownPorts())
    table.routes.forEach((route, index) => {
      const owner = this.scopeOfHost(route.host)
      if (owner === undefined || owner === scopeKey(scope)) return
      const [app, environment] = owner.split('/')
      throw new LandfallError({
        code: 'E_HOST_IN_USE',
        at: `routes[${index}].host`,
        message: `${route.host} belongs to ${app} (${environment}) already`,
        hint: `take it out of the routes of ${app} first, or choose another host`,
      })
    })
    return table
  }

  private apply(): void {
    this.plane.routing = this.compile(this.tables.scopes)
    this.dropUnused()
  }

  private compile(scopes: Tables['scopes']): Routing {
    return compileRouting(scopes, {
      upstream: (endpoint) => this.plane.upstream(endpoint),
      site: (endpoint, options) => new StaticSite(endpoint, options, this.files),
    })
  }

  private dropUnused(): void {
    const wanted = new Set<Upstream>()
    for (const routing of [this.plane.routing, ...[...this.staged.values()].map((s) => s.routing)]) {
      for (const site of routing.sites.values()) for (const route of site.routes) for (const u of route.upstreams) wanted.add(u)
      for (const route of routing.internal.values()) for (const u of route.upstreams) wanted.add(u)
    }
    this.plane.keepUpstreams(wanted)
  }

  private heldUntil(route: Route): number {
    const hold = this.tables.scopes[route.scope]?.hold
    if (!hold?.components.includes(route.component)) return 0
    const left = Math.min(hold.until - Date.now(), HOLD_MAX_SECONDS * 1000)
    return left > 0 ? performance.now() + left : 0
  }
}
