import type { StaticOptions } from '../../model/app.ts'
import { writtenBy } from '../written-by.ts'

export const NGINX_PORT = 8080
const ROOT = '/srv/www'

export interface NginxConf {
  text: string
  /** Redirects that nginx has no words for, by their place in the list. */
  unsaid: number[]
}

/** A whole nginx.conf for static files, which an ordinary user can run on a read-only disk: all that it writes is in /tmp. */
export function nginxConf(serve: StaticOptions | undefined, by: string): NginxConf {
  const { spa = false, basePath = '/', redirects = [], immutable = [] } = serve ?? {}
  const unsaid: number[] = []
  const base = basePath.endsWith('/') ? basePath : `${basePath}/`
  const moved = redirects.flatMap(({ from, to, status }, i) => {
    // nginx would put a variable in the place of a dollar, and has no way to write one.
    if (/[$"\\]/.test(from + to)) {
      unsaid.push(i)
      return []
    }
    return [`    location = "${from}" { return ${status} "${to}"; }`]
  })
  const kept = immutable.map(
    (glob) =>
      `    location ~ "^${escaped(base)}${globSource(glob)}$" { add_header Cache-Control "public, max-age=31536000, immutable"; }`,
  )
  const files = spa ? `try_files $uri $uri/index.html ${base}index.html;` : `try_files $uri $uri/index.html $uri.html =404;`
  const text = `# ${writtenBy(by)}
worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout;
  client_body_temp_path /tmp/client;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  sendfile on;
  server_tokens off;
  absolute_redirect off;
  gzip on;
  gzip_types text/css text/javascript application/javascript application/json image/svg+xml text/plain;
  server {
    listen ${NGINX_PORT};
    root ${ROOT};
${[...moved, ...kept].map((l) => `${l}\n`).join('')}    location / {
      add_header Cache-Control "no-cache";
      ${files}
    }
  }
}
`
  return { text, unsaid }
}

/** Files that were built for a path lie below it, so that one root serves all of them. */
export const folderOf = (basePath = '/') => `${ROOT}${basePath.endsWith('/') ? basePath : `${basePath}/`}`

const escaped = (text: string) => text.replace(/[.+^$()|[\]\\{}*?]/g, '\\$&')

function globSource(glob: string): string {
  return glob.replace(/\*\*\/?|\*|\?|[.+^$()|[\]\\{}]/g, (part) => {
    if (part.startsWith('**')) return part.endsWith('/') ? '(?:.*/)?' : '.*'
    if (part === '*') return '[^/]*'
    return part === '?' ? '[^/]' : `\\${part}`
  })
}
