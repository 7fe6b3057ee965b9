import { isRoutePath, notAHost } from '../../manifest/names.ts'
import type { Entry } from '../../model/target.ts'
import { ofKind, type Reading } from './reading.ts'

/** HTTPRoutes and Ingresses: which host and path leads to which component. */
export function readRoutes(reading: Reading): void {
  for (const { root } of ofKind(reading, 'HTTPRoute')) readHttpRoute(reading, root.get('spec'))
  for (const { root } of ofKind(reading, 'Ingress')) readIngress(reading, root)
  for (const { root } of ofKind(reading, 'Gateway')) {
    root.get('spec').changed("Landfall's edge answers for the hosts of the routes")
    root.get('metadata', 'annotations').changed('the edge takes care of certificates')
  }
}

function put(reading: Reading, host: Entry, path: Entry, service: Entry): void {
  const { manifest, services } = reading
  const name = host.text() ?? ''
  const wrong = notAHost(name)
  const to = services.get(service.text() ?? '')
  const said = path.text() ?? '/'
  if (wrong !== undefined) host.lost(`it ${wrong}`)
  else if (to === undefined) service.lost('no component is behind this Service')
  else if (!isRoutePath(said)) path.lost('this is no path that a route can have')
  else {
    const route = { host: name, ...(said !== '/' && { path: said }), to }
    if (!manifest.routes?.some((r) => JSON.stringify(r) === JSON.stringify(route)))
      manifest.routes = [...(manifest.routes ?? []), route]
    host.kept('routes')
    path.kept('routes')
    service.kept('routes')
  }
}

function readHttpRoute(reading: Reading, spec: Entry): void {
  spec.get('parentRefs').changed("Landfall's edge answers for the hosts of the routes")
  const hosts = spec.get('hostnames').items()
  for (const rule of spec.get('rules').items()) {
    const filters = rule.get('filters').items()
    const redirect = filters.find(
      (f) => f.get('type').text() === 'RequestRedirect' && f.get('requestRedirect', 'scheme').text() === 'https',
    )
    if (redirect) {
      rule.changed('the edge leads to https by itself')
      for (const host of hosts) host.kept('routes')
      continue
    }
    for (const filter of filters) filter.lost('routes change no requests', 'let the component do it')
    const [first, ...others] = rule.get('backendRefs').items()
    for (const other of others) other.lost('a route leads to one component')
    first?.get('weight').lost('a route leads to one component')
    first?.get('port').changed('a component has one port')
    for (const at of ['timeouts', 'retry', 'sessionPersistence', 'name']) rule.get(at).lost('an option of their gateway')
    if (!first) continue
    const matches = rule.get('matches').items()
    const service = first.get('name')
    for (const host of hosts) {
      if (matches.length === 0) put(reading, host, rule.get('path-of-none'), service)
      for (const match of matches) {
        const type = match.get('path', 'type')
        for (const at of ['headers', 'method', 'queryParams']) match.get(at).lost('routes go by host and path')
        if (type.text() === 'RegularExpression') match.get('path').lost('routes go by the beginning of a path')
        else {
          if (type.text() === 'Exact') type.changed('everything below it too')
          else type.kept('routes')
          put(reading, host, match.get('path', 'value'), service)
        }
      }
    }
    if (hosts.length === 0) rule.lost('it has no host, and a route needs one')
  }
}

const NGINX: Record<string, string> = {
  'proxy-body-size': 'the edge has no limit for what is sent',
  affinity: 'scale: { sticky: true }',
  'enable-cors': 'let the component answer other origins',
  'rewrite-target': 'let the component know where it lies',
  'ssl-redirect': 'the edge leads to https by itself',
  'force-ssl-redirect': 'the edge leads to https by itself',
}

function readIngress(reading: Reading, root: Entry): void {
  const spec = root.get('spec')
  const annotations = root.get('metadata', 'annotations').entries()
  const own = annotations.filter((a) => /^nginx\.ingress\.kubernetes\.io\//.test(a.key))
  for (const annotation of own) {
    const name = annotation.key.split('/')[1] ?? ''
    annotation.lost('a setting of ingress-nginx', Object.hasOwn(NGINX, name) ? NGINX[name] : undefined)
    const sticky = name === 'affinity' && annotation.text() === 'cookie'
    if (sticky)
      for (const to of targetsOf(reading, spec))
        reading.manifest.components[to]!.scale = { ...reading.manifest.components[to]?.scale, sticky: true }
    if (sticky) annotation.finding('changed', 'W_STICKY', 'visitors stay with one instance: it became scale.sticky')
  }
  for (const annotation of annotations)
    if (/^cert-manager\.io\//.test(annotation.key)) annotation.changed('the edge takes care of certificates')
  const className =
    spec.get('ingressClassName').text() ?? root.get('metadata', 'annotations', 'kubernetes.io/ingress.class').text()
  spec.get('ingressClassName').changed("Landfall's edge answers for the hosts of the routes")
  if (className === 'nginx' || own.length > 0)
    root.finding(
      'warning',
      'W_INGRESS_RETIRED',
      'ingress-nginx has had no fixes since March 2026: whatever becomes of this app, that cluster needs another one',
    )
  spec.get('tls').changed('the edge takes care of certificates')
  spec.get('defaultBackend').lost('a route needs a host')
  for (const rule of spec.get('rules').items()) {
    const host = rule.get('host')
    for (const path of rule.get('http', 'paths').items()) {
      const service = path.get('backend', 'service', 'name').isThere
        ? path.get('backend', 'service', 'name')
        : path.get('backend', 'serviceName')
      path.get('backend', 'service', 'port').changed('a component has one port')
      path.get('backend', 'servicePort').changed('a component has one port')
      const type = path.get('pathType')
      if (type.text() === 'Prefix') type.kept('routes')
      else type.changed('the beginning of a path, which ends at a segment')
      put(reading, host, path.get('path'), service)
    }
    if (!host.isThere) rule.lost('it has no host, and a route needs one')
  }
}

function targetsOf({ services, manifest }: Reading, spec: Entry): string[] {
  const names = spec
    .get('rules')
    .items()
    .flatMap((r) =>
      r
        .get('http', 'paths')
        .items()
        .map((p) => p.get('backend', 'service', 'name').text() ?? ''),
    )
  return [...new Set(names.flatMap((n) => services.get(n) ?? []))].filter((c) => manifest.components[c] !== undefined)
}
