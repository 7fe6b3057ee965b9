import { LandfallError } from '../../lib/error.ts'
import type { Scope } from '../../model/plan.ts'
import type { Edge, EdgeTable, EdgeType } from '../../model/plug.ts'

/** An edge without sockets, for the laws of plan and run. */
export interface MemoryEdge extends Edge {
  /** The serving table of a scope. */
  table(scope: Scope): EdgeTable
  held: Set<string>
  before: (what: string) => void | Promise<void>
}

const memory: EdgeType = { name: 'memory', connect: async () => connectMemoryEdge() }
export default memory

export function connectMemoryEdge(): MemoryEdge {
  const tables = new Map<string, { table: EdgeTable; epoch: number }>()
  const place = (s: Scope) => `${s.app}/${s.environment}`
  const fenced = (s: Scope, epoch: number) => {
    if (epoch < (tables.get(place(s))?.epoch ?? 0))
      throw new LandfallError({ code: 'E_FENCED', message: `epoch ${epoch} is over` })
  }
  const table = (s: Scope): EdgeTable => tables.get(place(s))?.table ?? { routes: [], internal: [] }
  const edge: MemoryEdge = {
    held: new Set(),
    before: () => {},
    table,
    ensure: async () => {},
    routes: async (s) => table(s).routes.map(({ host, path, component, release }) => ({ host, path, component, release })),
    stage: async () => {},
    ask: async () => ({ status: 200, headers: {}, body: '{}', ms: 1 }),
    dial: async () => {
      throw new LandfallError({ code: 'E_EDGE_DOWN', message: 'there are no sockets here' })
    },
    swap: async (s, next, epoch) => {
      await edge.before('swap')
      fenced(s, epoch)
      const dead = next.routes.find((r) => r.endpoints.length === 0)
      if (dead) throw new LandfallError({ code: 'E_NO_ENDPOINT', message: `${dead.component} ${dead.release} has no endpoint` })
      tables.set(place(s), { table: next, epoch })
      edge.held.clear()
    },
    hold: async (s, components, _seconds, epoch) => {
      fenced(s, epoch)
      for (const c of components) edge.held.add(c)
    },
    inFlight: async () => 0,
    endpoints: async () => {},
    cut: async () => {},
    urls: async (s) => table(s).routes.map((r) => ({ host: r.host, url: `http://${r.host}` })),
    address: async () => ({ host: '127.0.0.1', port: 1 }),
    url: async (_s, host) => `http://${host}`,
    stats: async () => ({ pid: 0, startedAt: '', generation: 0, requests: 0, errors: 0, open: 0, listeners: [] }),
    stop: async () => {},
    close: async () => {},
  }
  return edge
}
