import type { CheckDeps } from '../checks/deps.ts'
import type { Url } from '../model/event.ts'
import type { DataStep, InternalLine, Plan, RouteLine, Scope, ServingComponent } from '../model/plan.ts'
import type { Edge, EdgeTable, Engine, StepContext } from '../model/plug.ts'
import type { Store } from '../store/store.ts'

/** Those who act, and the clock. */
export interface Crew {
  engine: Engine
  edge: Edge
  store: Store
  /** What checks look into. */
  checks: CheckDeps
  /** Absent where nothing is backed up: on trial. */
  data?: DataKeeper
  now(): number
}
/** Carries out the steps that take, prove and bring back data. */
export interface DataKeeper {
  act(step: DataStep, plan: Plan, ctx: StepContext): Promise<void>
}

/** A routing table with the endpoints that its releases have at this moment. */
export async function tableOf(
  crew: Crew,
  scope: Scope,
  routes: RouteLine[],
  internal: InternalLine[],
  serving: Record<string, ServingComponent>,
): Promise<EdgeTable> {
  const known = new Map<string, Promise<string[]>>()
  const endpointsOf = (component: string, release: string) => {
    const key = `${component} ${release}`
    const found = known.get(key) ?? crew.engine.endpoints(scope, component, release)
    known.set(key, found)
    return found
  }
  return {
    routes: await Promise.all(
      routes.map(async (r) => {
        const { serve, isSticky } = componentOf(crew, scope, r.component, r.release, serving) ?? {}
        const endpoints = await endpointsOf(r.component, r.release)
        return { ...r, endpoints, ...(serve && { serve }), ...(isSticky && { isSticky }) }
      }),
    ),
    internal: await Promise.all(internal.map(async (i) => ({ ...i, endpoints: await endpointsOf(i.component, i.release) }))),
  }
}

function componentOf(crew: Crew, scope: Scope, name: string, release: string, serving: Record<string, ServingComponent>) {
  const here = serving[name]
  if (here?.release === release) return here.component
  return crew.store.releases.get(scope, release)?.components[name]?.component
}

export async function urlsOf(crew: Pick<Crew, 'edge'>, plan: Pick<Plan, 'app' | 'environment' | 'outcome'>): Promise<Url[]> {
  const hosts = [...new Set((plan.outcome?.routes ?? []).map((r) => r.host))]
  return Promise.all(hosts.map(async (host) => ({ host, url: await crew.edge.url(plan, host) })))
}
