// biome-ignore-all lint/suspicious/noTemplateCurlyInString: PORT is written so in a manifest
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as gatewayApi from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { CronJob, Job } from 'kubernetes-models/batch/v1'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, PersistentVolumeClaim, Service } from 'kubernetes-models/v1'
import { expect, test } from 'vitest'
import { parseAllDocuments, parse as parseYaml } from 'yaml'
import { targetSuite } from '../../../test/target-suite.ts'
import { writtenFiles } from '../../../test/written-files.ts'
import { runReader } from '../../translate/run-reader.ts'
import index from './index.ts'

const schema = JSON.parse(readFileSync('test/schemas/k8s-1.30-strict.schema.json', 'utf8'))
const ajv = new Ajv({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(schema, 'k8s')

interface Document {
  apiVersion: string
  kind: string
  metadata: { name: string }
  spec?: Record<string, unknown>
}
const documentsOf = (text: string) => parseAllDocuments(text, { version: '1.1' }).map((d) => d.toJS() as Document)

targetSuite(index, {
  validate: (files) =>
    Object.entries(files).flatMap(([name, text]) => {
      if (name.endsWith('apply.sh')) return shellProblems(text)
      if (!/^k8s\/.*\.yaml$/.test(name)) return []
      if (name.endsWith('kustomization.yaml')) return missingFiles(files, text)
      return documentsOf(text).flatMap((d) => validateOne(d).map((wrong) => `${name} ${d.kind} ${d.metadata.name}: ${wrong}`))
    }),
  notReadBack: {
    'components\\..*\\.(source|build\\..*|run.*|test|stop\\.signal|serve\\..*)':
      'the Dockerfile has it, and its own reader finds it there',
    '(env|components\\.\\w+\\.env)\\.\\w+\\.(minLength|pattern)': 'the entrypoint has it',
  },
  options: [{}, { routes: 'ingress', postgres: 'cnpg', autoscale: '6' }],
})

const { Gateway, HTTPRoute } = gatewayApi
const MODELS = {
  ...{ ConfigMap, CronJob, Deployment, Gateway, HorizontalPodAutoscaler, HTTPRoute, Ingress, Job },
  ...{ PersistentVolumeClaim, PodDisruptionBudget, Service, StatefulSet },
}

/** By the models of each API, which look at types and what is required, and by a schema that knows no other key. */
function validateOne(document: Document): string[] {
  const kind = `${document.apiVersion}/${document.kind}`
  if (kind === 'postgresql.cnpg.io/v1/Cluster') return []
  const Model = Object.entries(MODELS).find(([name]) => name === document.kind)?.[1]
  if (!Model) return [`${kind} is no kind that is known`]
  const pointer: string | undefined = schema.kinds[kind]
  const check = pointer === undefined ? undefined : ajv.getSchema(`k8s${pointer}`)
  if (check && !check(document))
    return (check.errors ?? []).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`)
  try {
    // Whatever it is, validate() says whether it is one.
    new Model(document as never).validate()
    return []
  } catch (error) {
    return [String(error)]
  }
}

function missingFiles(files: Record<string, string>, text: string): string[] {
  const { resources } = parseYaml(text) as { resources: string[] }
  return resources.filter((r) => !(`k8s/${r}` in files)).map((r) => `kustomization.yaml names ${r}`)
}

function shellProblems(text: string): string[] {
  try {
    execFileSync('sh', ['-n'], { input: text, stdio: 'pipe' })
    return []
  } catch (error) {
    return [String(error)]
  }
}

const FLEET = 'src/targets/kubernetes/fixtures/write/fleet'
const fleet = async (options: Record<string, string> = {}) => {
  const files = await writtenFiles(FLEET, 'kubernetes', options)
  const all = Object.entries(files).flatMap(([name, text]) =>
    name.endsWith('.yaml') && !name.endsWith('kustomization.yaml') ? documentsOf(text) : [],
  )
  const one = (kind: string, name: string) => all.find((d) => d.kind === kind && d.metadata.name === name) as never as Workload
  return { files, all, one }
}
interface Workload {
  data: Record<string, string>
  spec: {
    replicas?: number
    strategy: { type: string }
    timeZone?: string
    template: { spec: { enableServiceLinks: boolean; terminationGracePeriodSeconds: number; containers: Container[] } }
  }
}
interface Container {
  args: string[]
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string; optional?: boolean } } }[]
  readinessProbe: { httpGet?: object; exec?: object }
  lifecycle?: object
}

test('a variable that others are put together of stands before them, and no value of a secret anywhere', async () => {
  const { one } = await fleet()
  const env = one('Deployment', 'api').spec.template.spec.containers[0]?.env ?? []
  const names = env.map((e) => e.name)
  expect(names.indexOf('DB_SERVER_PASSWORD')).toBeLessThan(names.indexOf('DATABASE_URL'))
  expect(env.find((e) => e.name === 'DATABASE_URL')?.value).toBe('postgres://app:$(DB_SERVER_PASSWORD)@db:5432/app')
  expect(env.find((e) => e.name === 'SENTRY_DSN')?.valueFrom?.secretKeyRef.optional).toBe(true)
  expect(env.find((e) => e.name === 'OLD_URL')?.valueFrom?.secretKeyRef).toEqual({
    name: 'fleet-secrets',
    key: 'OLD_DATABASE_URL',
  })
  expect(names).not.toContain('ONLY_ELSEWHERE')
})

test('what several pods write to, what one alone may, and what one pod is there for', async () => {
  const { one, all } = await fleet()
  expect(one('Deployment', 'editor').spec.strategy.type).toBe('Recreate')
  expect(one('Deployment', 'api').spec.strategy.type).toBe('RollingUpdate')
  expect(all.filter((d) => d.kind === 'PodDisruptionBudget').map((d) => d.metadata.name)).toEqual(['api', 'queue'])
  const { spec } = one('Deployment', 'api').spec.template
  expect(spec.enableServiceLinks).toBe(false)
  expect(spec.terminationGracePeriodSeconds).toBe(25)
  expect(spec.containers[0]?.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } })
  expect(one('CronJob', 'nightly').spec.timeZone).toBe('Europe/Berlin')
})

test('the script releases before it rolls out, and jobs are in no kustomization', async () => {
  const { files } = await fleet()
  const script = files['k8s/apply.sh'] ?? ''
  const places = ['rollout status statefulset/db', 'release api-release', 'k apply -k .', 'rollout status deployment/api'].map(
    (t) => script.indexOf(t),
  )
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(Math.min(...places)).toBeGreaterThan(0)
  expect(files['k8s/kustomization.yaml']).not.toContain('jobs/')
})

test('an option that Kubernetes would not take is refused', async () => {
  await expect(fleet({ routes: 'nginx' })).rejects.toMatchObject({ code: 'E_USAGE' })
  await expect(fleet({ namespace: 'Not A Name' })).rejects.toMatchObject({ code: 'E_USAGE' })
})

test('a dollar is a dollar: written twice where Kubernetes looks for variables, and once where it does not', async () => {
  const { one } = await fleet()
  expect(one('Deployment', 'api').spec.template.spec.containers[0]?.args).toContain('--price=$$(5)')
  expect(one('ConfigMap', 'api-env').data.GREETING).toBe('pay $(5) now')
})

test('images of somebody else and their commands come back as they were', async () => {
  const texts = await writtenFiles(FLEET, 'kubernetes')
  const { manifest } = await runReader(index, {
    files: { names: new Set(Object.keys(texts)), text: (name) => texts[name] },
    found: Object.keys(texts).filter((name) => /^k8s\/.*\.yaml$/.test(name)),
    folderName: 'fleet',
  })
  expect(manifest).toMatchObject({
    app: 'fleet',
    components: {
      api: {
        run: ['node', 'server.js', '--port=${PORT}', '--price=$$(5)'],
        release: [{}],
        tasks: { report: [['node', 'report.js']] },
      },
      queue: { source: { image: 'ghcr.io/fleet/queue:1' }, run: ['node', 'queue.js'], health: { alive: '5s' } },
    },
    resources: { db: { type: 'postgres', version: 18 }, cache: { type: 'redis' } },
    routes: [{ host: 'fleet.example', path: '/api', to: 'api' }, {}, {}],
  })
})
