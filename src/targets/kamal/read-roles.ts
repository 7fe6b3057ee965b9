import { isRequestPath } from '../../manifest/names.ts'
import type { PartialComponent } from '../../manifest/partial.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry } from '../../model/target.ts'
import { commandOfLine } from '../../translate/shell-line.ts'
import type { Reading } from './read.ts'
import { readProxyHosts } from './read.ts'
import { readEnv } from './read-env.ts'

/** Roles of servers: those that the proxy leads to answer requests, others are workers. */
export function readRoles(reading: Reading, root: Entry): void {
  const servers = root.get('servers')
  const { manifest, because, file } = reading
  if (Array.isArray(servers.value)) {
    manifest.components.web = webOf(root)
    because['components.web'] = `${file}: servers`
    readHosts(servers, manifest.components.web)
    return
  }
  for (const role of servers.entries()) {
    let name = nameFrom(role.key, 'role')
    for (let i = 2; Object.hasOwn(manifest.components, name); i++) name = `${nameFrom(role.key, 'role').slice(0, 36)}-${i}`
    const proxy = role.get('proxy')
    const isWeb = proxy.value === undefined ? role.key === (root.get('primary_role').text() ?? 'web') : proxy.value !== false
    const component: PartialComponent = isWeb ? webOf(root) : { type: 'worker', source: '.' }
    manifest.components[name] = component
    because[`components.${name}`] = `${file}: servers.${role.key}`
    const hosts = Array.isArray(role.value) || role.text() !== undefined ? role : role.get('hosts')
    readHosts(hosts, component)
    readRole(reading, role, component, name)
  }
}

function readRole(reading: Reading, role: Entry, component: PartialComponent, name: string): void {
  const command = role.get('cmd').text()
  if (command !== undefined && command.trim() !== '') {
    const { run, isShell } = commandOfLine(command)
    component.run = run
    if (isShell) role.get('cmd').changed('through a shell')
    else role.get('cmd').kept(`components.${name}.run`)
  }
  const proxy = role.get('proxy')
  if (typeof proxy.value === 'boolean') proxy.kept(`components.${name}.type`)
  else if (proxy.isThere) {
    readProxy(proxy, component)
    readProxyHosts(reading, proxy, name)
  }
  const memory = /^(\d+)([mg])b?$/i.exec(role.get('options', 'memory').text() ?? '')
  const cpus = Number(role.get('options', 'cpus').text() ?? Number.NaN)
  if (memory) {
    component.scale = { ...component.scale, memory: `${memory[1]}${memory[2]?.toLowerCase() === 'g' ? 'Gi' : 'Mi'}` }
    role.get('options', 'memory').kept(`components.${name}.scale.memory`)
  }
  if (cpus >= 0.1 && cpus <= 64) {
    component.scale = { ...component.scale, cpu: cpus }
    role.get('options', 'cpus').kept(`components.${name}.scale.cpu`)
  }
  role.get('options').lost('options of Docker, which does not run it here')
  const grace = secondsOf(role.get('stop_wait_time'), 3600)
  if (grace !== undefined) {
    component.stop = { ...component.stop, grace }
    role.get('stop_wait_time').kept(`components.${name}.stop.grace`)
  }
  const env = readEnv(reading, role.get('env'))
  if (Object.keys(env).length > 0) component.env = env
  for (const key of ['labels', 'logging', 'asset_path']) role.get(key).lost('an option of Docker, which does not run it here')
}

/** Servers are machines; here instances share one. */
function readHosts(hosts: Entry, component: PartialComponent): void {
  const list = hosts.items()
  const count = Math.min(list.length, 50)
  if (count > 1) component.scale = { ...component.scale, instances: count }
  for (const host of list)
    host.changed(count > 1 ? 'one instance for each server, all on this machine' : 'it runs where Landfall is')
}

function webOf(root: Entry): PartialComponent {
  const component: PartialComponent = { type: 'web', source: '.' }
  readProxy(root.get('proxy'), component)
  const drain = secondsOf(root.get('drain_timeout'), 86_400)
  if (drain !== undefined) {
    component.stop = { drain }
    root.get('drain_timeout').kept('stop.drain')
  }
  const grace = secondsOf(root.get('deploy_timeout'), 3600)
  if (grace !== undefined && grace !== '0s') {
    component.health = typeof component.health === 'object' ? { ...component.health, grace } : { path: '/up', grace }
    root.get('deploy_timeout').kept('health.grace')
  }
  return component
}

function readProxy(proxy: Entry, component: PartialComponent): void {
  const port = proxy.get('app_port')
  const number = port.number() ?? 80
  if (Number.isInteger(number) && number >= 1 && number <= 65_535) {
    component.port = number
    port.kept('port')
  }
  const health = proxy.get('healthcheck')
  const path = health.get('path').text()
  if (path !== undefined && isRequestPath(path)) {
    const every = secondsOf(health.get('interval'), 3600)
    component.health = { path, ...(every !== undefined && every !== '0s' && { every }) }
    health.get('path').kept('health.path')
    if (every !== undefined && every !== '0s') health.get('interval').kept('health.every')
  } else component.health = { path: '/up' } // What their proxy asks for where nothing is said.
  health.get('timeout').lost('a probe that fails is repeated until `grace` is over')
  health.get('port').lost('probes ask the port that has the requests')
}

/** `30`, `30s`, `2m`. */
export function secondsOf(entry: Entry, most: number): string | undefined {
  const [, digits, unit = 's'] = /^(\d{1,6})(s|m|h)?$/.exec(entry.text() ?? '') ?? []
  if (digits === undefined) return undefined
  const seconds = Number(digits) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1)
  return seconds <= most ? `${seconds}s` : undefined
}
