import { nearest } from '../lib/nearest.ts'
import type { Path } from './places.ts'
import { knownKeys } from './schema-walk.ts'

/** What others call it. */
const OTHER_WORDS: Record<string, string> = {
  replicas: 'instances',
  count: 'instances',
  cmd: 'run',
  start: 'run',
  entrypoint: 'run',
  command: 'run',
  depends_on: 'needs',
  dependsOn: 'needs',
  environment: 'env',
  variables: 'env',
  envs: 'env',
  volumes: 'mounts',
  ports: 'port',
  healthcheck: 'health',
  healthCheck: 'health',
  domain: 'host',
  hostname: 'host',
  service: 'to',
  services: 'components',
  processes: 'components',
  databases: 'resources',
  accessories: 'resources',
  dockerfile: 'source',
  image: 'source',
  context: 'source',
  root: 'source',
  migrate: 'release',
  pre_deploy: 'release',
  preDeployCommand: 'release',
  cpus: 'cpu',
  mem: 'memory',
  name: 'app',
  required_env: 'required',
  value: 'default',
  cronjobs: 'tasks',
  publish: 'output',
  dist: 'output',
}

/** What an unknown key was meant to be, as the hint of its finding. */
export function suggestKey(path: Path, key: string): string {
  const known = knownKeys(path)
  const close = nearest(key, known)
  if (close) return `did you mean \`${close}\`?`
  const word = Object.hasOwn(OTHER_WORDS, key) ? key : nearest(key, Object.keys(OTHER_WORDS))
  const ours = word === undefined ? undefined : OTHER_WORDS[word]
  if (ours !== undefined && known.includes(ours)) return `did you mean \`${ours}\`?`
  for (const wanted of new Set([key, ours ?? key])) {
    const parent = known.find((k) => knownKeys([...path, k]).includes(wanted))
    if (parent) return `did you mean \`${parent}: { ${wanted}: … }\`?`
  }
  return known.length === 0 ? 'leave it out' : `known here: ${known.join(', ')}`
}
