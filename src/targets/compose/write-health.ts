import type { Component } from '../../model/app.ts'
import { runtimeOf } from './dockerfile.ts'
import { type Draft, escaped, type Mapping, portOf } from './draft.ts'

// What a probe looks at is its last argument, as JSON, so that a reader of the file, and our own, finds it there.
const NODE = [
  'const w=JSON.parse(process.argv[1]),m=(a,b)=>a&&typeof a=="object"?!!b&&typeof b=="object"&&Object.keys(a).every(k=>m(a[k],b[k])):a===b;',
  'const e=()=>process.exit(1);',
  'require("http").get({host:"127.0.0.1",port:w.port,path:w.path,timeout:4000,headers:w.host?{host:w.host}:{}},r=>{let t="";r.on("data",c=>t+=c);r.on("end",()=>{',
  'let ok=w.status?r.statusCode===w.status:r.statusCode<500;if(ok&&w.json!==undefined)try{ok=m(w.json,JSON.parse(t))}catch{ok=false}process.exit(ok?0:1)})}).on("error",e).on("timeout",e)',
].join('')
const PYTHON = [
  'import http.client,json,sys',
  'w=json.loads(sys.argv[1])',
  'm=lambda a,b:isinstance(b,dict) and all(k in b and m(v,b[k]) for k,v in a.items()) if isinstance(a,dict) else a==b',
  'c=http.client.HTTPConnection("127.0.0.1",w["port"],timeout=4)',
  'c.request("GET",w["path"],headers={"Host":w["host"]} if "host" in w else {})',
  'r=c.getresponse();t=r.read()',
  'ok=r.status==w["status"] if "status" in w else r.status<500',
  'sys.exit(0 if ok and ("json" not in w or m(w["json"],json.loads(t))) else 1)',
].join('\n')

/** `healthcheck` of a component's service; runs inside the container, so with what its image has. */
export function healthcheckOf(draft: Draft, component: Component): Mapping | undefined {
  const { health } = component
  const entry = draft.context.of(component.name).get('health')
  const to = `services.${component.name}.healthcheck`
  if (component.type === 'static') {
    entry.kept(to)
    return timed(['CMD-SHELL', 'curl -fsS -o /dev/null http://127.0.0.1/ || exit 1'], 5, 60)
  }
  if (!health || health.type === 'alive' || health.type === 'resource') {
    entry.lost('compose has no health but a command that succeeds', 'it restarts what ends; give `health` a path')
    return undefined
  }
  const runtime = runtimeOf(draft, component)
  const port = portOf(component)
  for (const key of ['every', 'grace']) entry.get(key).kept(to)
  if (health.type === 'tcp') {
    entry.get('tcp').kept(to)
    const test = {
      node: [
        'CMD',
        'node',
        '-e',
        `require("net").connect(${port},"127.0.0.1").on("connect",()=>process.exit(0)).on("error",()=>process.exit(1))`,
      ],
      python: ['CMD', 'python', '-c', `import socket;socket.create_connection(("127.0.0.1",${port}),4)`],
      unknown: ['CMD-SHELL', `nc -z 127.0.0.1 ${port} || exit 1`],
      nginx: [],
    }[runtime]
    return timed(test, health.everySeconds, health.timeoutSeconds)
  }
  const wanted = {
    port,
    path: health.path,
    ...(health.status !== undefined && { status: health.status }),
    ...(health.json !== undefined && { json: health.json }),
    ...(health.host && { host: health.host }),
  }
  if (runtime === 'unknown') {
    if (typeof entry.value === 'string') entry.kept(to)
    for (const key of ['path', 'status']) entry.get(key).kept(to)
    entry.get('json').lost('without Node or Python in the image a probe cannot look into JSON', 'smoke.sh looks at it')
    entry.get('host').lost('wget and curl of an unknown image are asked in the simplest way')
    entry.finding(
      'warning',
      'W_COMPOSE_PROBE',
      `the probe of ${component.name} needs curl or wget in its image`,
      'without them the container never becomes healthy',
    )
    const url = `http://127.0.0.1:${port}${health.path}`
    return timed(
      ['CMD-SHELL', `curl -fsS -o /dev/null ${url} || wget -q -O /dev/null ${url} || exit 1`],
      health.everySeconds,
      health.timeoutSeconds,
    )
  }
  if (typeof entry.value === 'string') entry.kept(to)
  for (const key of ['path', 'status', 'json', 'host']) entry.get(key).kept(to)
  const script = runtime === 'node' ? ['node', '-e', NODE] : ['python', '-c', PYTHON]
  return timed(['CMD', ...script, JSON.stringify(wanted)], health.everySeconds, health.timeoutSeconds)
}

function timed(test: string[], everySeconds: number, graceSeconds: number): Mapping {
  return {
    test: test.map(escaped),
    interval: duration(everySeconds),
    timeout: '5s',
    retries: 3,
    start_period: duration(graceSeconds),
  }
}

export function duration(seconds: number): string {
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`
}
