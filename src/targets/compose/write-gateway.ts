import type { Route } from '../../model/app.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { type Draft, portOf } from './draft.ts'

/** One nginx in front of all, from the routes. TLS is whose who stands in front of the machine. */
export function writeGateway(draft: Draft): void {
  const { app, context } = draft
  const routes = context.manifest.get('routes')
  if (!draft.hasGateway) {
    routes.lost('without a gateway nothing looks at hosts and paths', 'route to the published ports by a proxy of your own')
    return
  }
  for (const route of routes.items()) {
    for (const key of ['host', 'path', 'to']) route.get(key).kept('gateway/default.conf')
    route.get('cors').lost('the gateway answers no other origins', 'let the component answer them')
  }
  routes.finding(
    'changed',
    'W_COMPOSE_TLS',
    'the gateway speaks plain HTTP, on 127.0.0.1 alone',
    'a proxy of the machine with certificates goes in front: caddy reverse-proxy --from <host> --to 127.0.0.1:8080',
  )
  const targets = [...new Set(app.routes.map((r) => r.to))].filter((name) => draft.services[name])
  draft.files['gateway/default.conf'] = { text: gatewayText(draft) }
  draft.owner.gateway = ''
  draft.services.gateway = {
    image: 'nginx:1.29',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: compose reads it
    ports: ['127.0.0.1:${GATEWAY_PORT:-8080}:80'],
    volumes: ['./gateway/default.conf:/etc/nginx/conf.d/default.conf:ro'],
    ...(targets.length > 0 && {
      depends_on: Object.fromEntries(
        targets.map((name) => [name, { condition: draft.services[name]?.healthcheck ? 'service_healthy' : 'service_started' }]),
      ),
    }),
    healthcheck: {
      test: ['CMD-SHELL', 'nginx -t -q && curl -sS -o /dev/null http://127.0.0.1/ || exit 1'],
      interval: '10s',
      timeout: '5s',
      retries: 3,
      start_period: '30s',
    },
    restart: 'unless-stopped',
  }
}

export function gatewayText(draft: Draft): string {
  const byHost = new Map<string, Route[]>()
  for (const route of draft.app.routes) byHost.set(route.host, [...(byHost.get(route.host) ?? []), route])
  const servers = [...byHost].flatMap(([host, routes]) => [
    '',
    'server {',
    '  listen 80;',
    `  server_name ${host};`,
    '  client_max_body_size 100m;',
    // Names are asked for again and again: a container that was made anew has another address.
    '  resolver 127.0.0.11 valid=5s;',
    ...routes.toSorted((a, b) => b.path.length - a.path.length).flatMap((route) => locations(draft, route)),
    '}',
  ])
  return [
    `# ${writtenBy('compose')}`,
    'map $http_upgrade $connection_upgrade { default upgrade; "" close; }',
    'map $http_x_forwarded_proto $forwarded_proto { default $http_x_forwarded_proto; "" $scheme; }',
    // Who names a host that is not ours learns nothing.
    'server { listen 80 default_server; return 421; }',
    ...servers,
    '',
  ].join('\n')
}

/** `/api` takes `/api` and `/api/x`, not `/apix`. */
function locations(draft: Draft, route: Route): string[] {
  const component = draft.app.components.find((c) => c.name === route.to)
  if (!component) return []
  const path = route.path === '/' ? '/' : route.path.replace(/\/$/, '')
  const body = [
    `set $upstream http://${route.to}:${portOf(component)};`,
    'proxy_pass $upstream;',
    'proxy_http_version 1.1;',
    'proxy_set_header Host $host;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    'proxy_set_header X-Forwarded-Proto $forwarded_proto;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $connection_upgrade;',
    'proxy_read_timeout 300s;',
  ].map((line) => `    ${line}`)
  const block = (head: string) => [`  ${head} {`, ...body, '  }']
  return path === '/' ? block('location /') : [...block(`location = ${path}`), ...block(`location ${path}/`)]
}
