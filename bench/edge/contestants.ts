import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import builtin from '../../src/edge/builtin/index.ts'

export interface Contestant {
  name: string
  url: string
  host: string
  pid: number
  servesFiles: boolean
  about?: string
}

const INSTANCE = 'http://127.0.0.1:27001'
const NGINX = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(existsSync)
const HAPROXY = ['/usr/sbin/haproxy', '/usr/bin/haproxy'].find(existsSync)
const CADDY = ['/usr/bin/caddy', '/usr/local/bin/caddy'].find(existsSync)

/** Everyone in front of the same instance, each with its own usual settings and no access log but ours. */
export async function startContestants() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-edge-'))
  chmodSync(folder, 0o755)
  const files = join(folder, 'www/files')
  mkdirSync(files, { recursive: true })
  writeFileSync(join(files, 'page.html'), `<!doctype html><p>${'small file '.repeat(80)}`)
  const children: ChildProcess[] = []
  const missing: string[] = []
  const run = (file: string, args: string[]): number => {
    const child = spawn(file, args, {
      stdio: 'ignore',
      env: { PATH: process.env.PATH ?? '', HOME: folder, XDG_DATA_HOME: folder },
    })
    children.push(child)
    return child.pid ?? 0
  }
  const all: Contestant[] = [{ name: 'the instance itself', url: INSTANCE, host: 'shop.example', pid: 0, servesFiles: false }]

  if (NGINX) {
    all[0]!.about = 'nginx with one worker'
    const instance = nginx(
      folder,
      'instance',
      1,
      `listen 127.0.0.1:27001; location = /small { return 200 "hello world, this is a small answer\\n"; }
      location = /large { root ${folder}/www; try_files /large.txt =404; }`,
    )
    writeFileSync(join(folder, 'www/large.txt'), 'x'.repeat(100 * 1024))
    all[0]!.pid = run(NGINX, ['-c', instance])
  } else {
    all[0]!.about = 'a small Node server'
    all[0]!.pid = run(process.execPath, [fileURLToPath(new URL('./instance.mjs', import.meta.url))])
  }

  const home = join(folder, 'home')
  process.env.LANDFALL_EDGE_PORT = '27002'
  const edge = await builtin.connect({ home, say: () => {} })
  await edge.ensure()
  const line = { host: 'shop.example', release: 'r1' }
  await edge.swap(
    { app: 'bench', environment: 'production' },
    {
      routes: [
        { ...line, path: '/', component: 'web', endpoints: [INSTANCE] },
        { ...line, path: '/files', component: 'site', endpoints: [`file://${folder}/www`] },
      ],
      internal: [],
    },
    1,
  )
  all.push({
    name: 'Landfall',
    url: 'http://127.0.0.1:27002',
    host: 'shop.example',
    pid: (await edge.stats()).pid,
    servesFiles: true,
  })

  if (CADDY) {
    const config = join(folder, 'Caddyfile')
    writeFileSync(
      config,
      `{\n admin off\n auto_https off\n}\nhttp://shop.example:27003 {\n handle /files/* {\n  root * ${folder}/www\n  file_server\n }\n handle {\n  reverse_proxy 127.0.0.1:27001\n }\n}\n`,
    )
    const pid = run(CADDY, ['run', '--config', config, '--adapter', 'caddyfile'])
    all.push({ name: 'Caddy', url: 'http://127.0.0.1:27003', host: 'shop.example', pid, servesFiles: true })
  } else missing.push('Caddy')

  const proxyPid = run(process.execPath, [fileURLToPath(new URL('./http-proxy.mjs', import.meta.url)), '27004', INSTANCE])
  all.push({
    name: 'http-proxy-3 (Node)',
    url: 'http://127.0.0.1:27004',
    host: 'shop.example',
    pid: proxyPid,
    servesFiles: false,
  })

  if (NGINX) {
    const proxy = nginx(
      folder,
      'proxy',
      'auto',
      `listen 127.0.0.1:27005; server_name shop.example; location /files/ { root ${folder}/www; }
       location / { proxy_pass http://instance; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; }`,
      'upstream instance { server 127.0.0.1:27001; keepalive 64; }',
    )
    const pid = run(NGINX, ['-c', proxy])
    all.push({ name: 'nginx', url: 'http://127.0.0.1:27005', host: 'shop.example', pid, servesFiles: true })
  } else missing.push('nginx')

  if (HAPROXY) {
    const config = join(folder, 'haproxy.cfg')
    writeFileSync(
      config,
      'global\n maxconn 4000\ndefaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n option forwardfor\n' +
        'frontend f\n bind 127.0.0.1:27006\n default_backend b\nbackend b\n server s 127.0.0.1:27001\n',
    )
    const pid = run(HAPROXY, ['-f', config])
    all.push({ name: 'HAProxy', url: 'http://127.0.0.1:27006', host: 'shop.example', pid, servesFiles: false })
  } else missing.push('HAProxy')

  for (const one of all) await answers(one)
  return {
    folder,
    all,
    missing,
    async close() {
      for (const child of children) child.kill('SIGTERM')
      await edge.stop()
    },
  }
}

function nginx(folder: string, name: string, workers: number | 'auto', server: string, more = ''): string {
  const file = join(folder, `${name}.conf`)
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`)
    .join(' ')
  writeFileSync(
    file,
    `daemon off; worker_processes ${workers}; pid ${folder}/${name}.pid; error_log /dev/null;\nevents { worker_connections 4096; }\n` +
      `http { access_log off; types { text/html html; } default_type text/plain; sendfile on; keepalive_requests 100000000; ${temp} ${more}\n server { ${server} } }\n`,
  )
  return file
}

async function answers(one: Contestant): Promise<void> {
  for (let n = 0; n < 200; n++) {
    const { get } = await import('node:http')
    const status = await new Promise<number>((resolve) => {
      get(`${one.url}/small`, { headers: { host: one.host }, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).on('error', () => resolve(0))
    })
    if (status === 200) return
    await sleep(50)
  }
  throw new Error(`${one.name} does not answer`)
}
