import type { Route } from '../../model/app.ts'
import { add, type Draft, hasService, labelsOf, type Mapping, portOf } from './draft.ts'

/** Gateway and HTTPRoutes, or an Ingress: the longest path first, as both kinds want it anyway. */
export function writeRoutes(draft: Draft): void {
  const { app, context, choices } = draft
  const manifest = context.manifest.get('routes')
  const isServed = (r: Route) => app.components.some((c) => c.name === r.to && hasService(c))
  for (const [i, route] of app.routes.entries()) {
    const entry = manifest.get(i)
    if (isServed(route)) entry.kept(choices.isIngress ? 'Ingress' : 'HTTPRoute')
    else entry.lost('it leads to nothing that runs there')
    entry.get('cors').lost('headers depend on the gateway that is there', 'let the component answer other origins')
  }
  const hosts = [...new Set(app.routes.filter(isServed).map((r) => r.host))]
  if (hosts.length === 0) return
  const byHost = new Map(
    hosts.map((host) => [
      host,
      app.routes.filter((r) => r.host === host && isServed(r)).toSorted((a, b) => b.path.length - a.path.length),
    ]),
  )
  if (choices.isIngress) ingress(draft, byHost)
  else gateway(draft, byHost)
}

const dashed = (host: string) => host.replace(/[^a-z0-9]+/g, '-')

function gateway(draft: Draft, byHost: Map<string, Route[]>): void {
  const { app, choices } = draft
  const labels = labelsOf(draft, 'gateway')
  const listener = (host: string, isTls: boolean): Mapping => ({
    name: `${isTls ? 'https' : 'http'}-${dashed(host)}`.slice(0, 63),
    hostname: host,
    port: isTls ? 443 : 80,
    protocol: isTls ? 'HTTPS' : 'HTTP',
    ...(isTls && { tls: { mode: 'Terminate', certificateRefs: [{ name: `${dashed(host)}-tls` }] } }),
    allowedRoutes: { namespaces: { from: 'Same' } },
  })
  const hosts = [...byHost.keys()]
  add(draft, 'routes.yaml', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: app.name, labels, annotations: { 'cert-manager.io/cluster-issuer': choices.issuer } },
    spec: {
      gatewayClassName: choices.class,
      listeners: hosts.flatMap((host) => [listener(host, false), listener(host, true)]),
    },
  })
  for (const [host, routes] of byHost) {
    const parent = (kind: string) => [{ name: app.name, sectionName: `${kind}-${dashed(host)}`.slice(0, 63) }]
    add(draft, 'routes.yaml', {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: `${dashed(host)}-redirect`, labels },
      spec: {
        parentRefs: parent('http'),
        hostnames: [host],
        rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }] }],
      },
    })
    add(draft, 'routes.yaml', {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: dashed(host), labels },
      spec: {
        parentRefs: parent('https'),
        hostnames: [host],
        rules: routes.map((r) => ({
          matches: [{ path: { type: 'PathPrefix', value: r.path } }],
          backendRefs: [{ name: r.to, port: portTo(draft, r.to) }],
        })),
      },
    })
  }
  draft.steps.push({
    title: 'see that the cluster has a gateway',
    commands: ['kubectl get gatewayclass', 'kubectl get clusterissuer'],
    text: `routes.yaml asks for the class ${choices.class}, and cert-manager (with its Gateway support) for certificates of ${choices.issuer}: --option class=…,issuer=… says other ones.`,
  })
}

function ingress(draft: Draft, byHost: Map<string, Route[]>): void {
  const { app, choices, context } = draft
  add(draft, 'routes.yaml', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: app.name,
      labels: labelsOf(draft, 'ingress'),
      annotations: { 'cert-manager.io/cluster-issuer': choices.issuer },
    },
    spec: {
      ingressClassName: choices.class,
      tls: [...byHost.keys()].map((host) => ({ hosts: [host], secretName: `${dashed(host)}-tls` })),
      rules: [...byHost].map(([host, routes]) => ({
        host,
        http: {
          paths: routes.map((r) => ({
            path: r.path,
            pathType: 'Prefix',
            backend: { service: { name: r.to, port: { number: portTo(draft, r.to) } } },
          })),
        },
      })),
    },
  })
  const message = 'ingress-nginx, which most Ingress objects are for, has had no fixes since March 2026'
  context.finding({
    level: 'warning',
    code: 'W_INGRESS_RETIRED',
    at: 'routes',
    message,
    hint: '--option routes=gateway, or another controller such as Traefik',
  })
}

function portTo(draft: Draft, name: string): number {
  const component = draft.app.components.find((c) => c.name === name)
  return component ? portOf(component) : 80
}
