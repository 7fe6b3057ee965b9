import type { Resource } from '../../model/app.ts'
import { add, type Draft, labelsOf, type Mapping, needSecret, selectorOf } from './draft.ts'
import { isOwnServer, passwordSecret } from './values.ts'

/** Servers and claims. What somebody else runs is only a key of a Secret. Gives the servers that apply.sh waits for. */
export function writeResources(draft: Draft): string[] {
  const { app, context } = draft
  const waits: string[] = []
  for (const resource of app.resources) {
    const entry = context.manifest.get('resources', resource.name)
    if (resource.type === 'volume') writeVolume(draft, resource)
    else if (!isOwnServer(resource)) {
      entry.changed('somebody else runs it: its address is a key of a Secret', 'its variables are among those to be set')
    } else if (resource.type === 'redis') waits.push(writeRedis(draft, resource))
    else if (draft.choices.isCnpg) waits.push(writeCluster(draft, resource))
    else waits.push(writePostgres(draft, resource))
  }
  return waits
}

function writeVolume(draft: Draft, resource: Resource): void {
  const { app, context, choices } = draft
  const { name } = resource
  const entry = context.manifest.get('resources', name)
  const users = app.components.filter((c) => c.mounts.some((m) => m.volume === name))
  const isMany = users.length > 1 || users.some((c) => c.instances > 1 || c.rollout === 'overlap')
  add(draft, 'config.yaml', claim(draft, name, isMany ? 'ReadWriteMany' : 'ReadWriteOnce', choices.storage))
  entry.get('type').kept('PersistentVolumeClaim')
  if (isMany) {
    entry.get('writers').kept('ReadWriteMany')
    const message = `${name} is written to by several pods, so its claim asks for ReadWriteMany, which few storage classes have`
    entry.finding('warning', 'W_READ_WRITE_MANY', message, 'kubectl get storageclass; NFS and CephFS have it, or use a bucket')
  } else entry.get('writers').kept('ReadWriteOnce')
  for (const option of entry.entries())
    if (option.key !== 'type' && option.key !== 'writers') option.lost('a claim has no such option', 'fsGroup of the pod is 1001')
}

function claim(draft: Draft, name: string, mode: string, size: string): Mapping {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, labels: labelsOf(draft, name) },
    spec: { accessModes: [mode], resources: { requests: { storage: size } } },
  }
}

function markOptions(draft: Draft, resource: Resource, to: string, also: string[] = []): void {
  const entry = draft.context.manifest.get('resources', resource.name)
  for (const option of entry.entries()) {
    if (option.key === 'type' || option.key === 'version' || also.includes(option.key)) option.kept(to)
    else option.lost('the server that is written here takes its own')
  }
}

function writePostgres(draft: Draft, resource: Resource): string {
  const { name } = resource
  const { app, context } = draft
  const version = String(resource.options.version ?? '17')
  const secret = passwordSecret(app, name)
  needSecret(draft, secret, 'password', { make: 'openssl rand -hex 24' })
  server(draft, name, {
    image: `postgres:${version}`,
    port: 5432,
    folder: Number.parseInt(version, 10) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data',
    env: [
      { name: 'POSTGRES_USER', value: 'app' },
      { name: 'POSTGRES_DB', value: 'app' },
      { name: 'POSTGRES_PASSWORD', valueFrom: { secretKeyRef: { name: secret, key: 'password' } } },
      // A folder inside of the disk: its own root has lost+found in it.
      ...(Number.parseInt(version, 10) >= 18 ? [] : [{ name: 'PGDATA', value: '/var/lib/postgresql/data/pgdata' }]),
    ],
    probe: ['pg_isready', '-U', 'app', '-d', 'app', '-h', '127.0.0.1'],
    user: 999,
  })
  markOptions(draft, resource, 'StatefulSet')
  const message = `${name} is one pod with one disk: Kubernetes has no kind for PostgreSQL, and nothing here backs it up or takes over for it`
  const hint =
    '--option postgres=cnpg where CloudNativePG is installed, or a database of somebody else: url: { env: DATABASE_URL }'
  context.manifest.get('resources', name).finding('warning', 'W_POSTGRES_ALONE', message, hint)
  return `statefulset/${name}`
}

function writeRedis(draft: Draft, resource: Resource): string {
  const { name } = resource
  const isKept = resource.options.persistence !== 'none'
  const { maxMemory } = resource.options
  const size = typeof maxMemory === 'string' ? ['--maxmemory', maxMemory.replace('Mi', 'mb').replace('Gi', 'gb')] : []
  server(draft, name, {
    image: `redis:${String(resource.options.version ?? '7')}`,
    port: 6379,
    ...(isKept && { folder: '/data' }),
    args: ['redis-server', '--appendonly', isKept ? 'yes' : 'no', '--save', '', ...size],
    env: [],
    probe: ['redis-cli', 'ping'],
    user: 999,
  })
  markOptions(draft, resource, 'StatefulSet', ['persistence', 'maxMemory'])
  const message = `${name} has no password: every pod of the namespace reaches it`
  draft.context.manifest
    .get('resources', name)
    .finding('changed', 'W_REDIS_OPEN', message, 'a NetworkPolicy, where others share the namespace')
  return `statefulset/${name}`
}

/** Of CloudNativePG: its operator makes the Secret `<name>-app`. */
function writeCluster(draft: Draft, resource: Resource): string {
  const { name } = resource
  add(draft, 'servers.yaml', {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Cluster',
    metadata: { name, labels: labelsOf(draft, name) },
    spec: {
      instances: 3,
      imageName: `ghcr.io/cloudnative-pg/postgresql:${String(resource.options.version ?? '17')}`,
      storage: { size: draft.choices.storage },
      bootstrap: { initdb: { database: 'app', owner: 'app' } },
    },
  })
  markOptions(draft, resource, 'Cluster')
  return `cluster.postgresql.cnpg.io/${name}`
}

interface Server {
  image: string
  port: number
  folder?: string
  args?: string[]
  env: Mapping[]
  probe: string[]
  user: number
}

function server(draft: Draft, name: string, is: Server): void {
  const labels = labelsOf(draft, name)
  const matchLabels = selectorOf(draft, name)
  const probe = { exec: { command: is.probe }, periodSeconds: 5, timeoutSeconds: 5 }
  add(draft, 'servers.yaml', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, labels },
    spec: {
      serviceName: name,
      replicas: 1,
      selector: { matchLabels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 60,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: is.user,
            runAsGroup: is.user,
            fsGroup: is.user,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name,
              image: is.image,
              ...(is.args && { args: is.args }),
              ...(is.env.length > 0 && { env: is.env }),
              ports: [{ name: 'server', containerPort: is.port, protocol: 'TCP' }],
              startupProbe: { ...probe, failureThreshold: 60 },
              readinessProbe: { ...probe, failureThreshold: 3 },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              ...(is.folder !== undefined && { volumeMounts: [{ name: 'data', mountPath: is.folder }] }),
            },
          ],
        },
      },
      ...(is.folder !== undefined && {
        volumeClaimTemplates: [
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: draft.choices.storage } } },
          },
        ],
      }),
    },
  })
  add(draft, 'servers.yaml', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels },
    spec: {
      clusterIP: 'None',
      selector: matchLabels,
      ports: [{ name: 'server', port: is.port, targetPort: 'server', protocol: 'TCP' }],
    },
  })
}
