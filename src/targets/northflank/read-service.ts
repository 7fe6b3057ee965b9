import { posix } from 'node:path'
import { cronProblem } from '../../lib/cron-expression.ts'
import type { PartialComponent } from '../../manifest/partial.ts'
import type { Entry } from '../../model/target.ts'
import { isOurs, startOf } from '../../translate/hosted/read-text.ts'
import { WRITTEN_BY } from '../../translate/written-by.ts'
import { sizeOf } from './plans.ts'
import type { Node, Reading } from './read.ts'
import { readVariable } from './read-env.ts'

const BUILDABLE = ['package.json', 'requirements.txt', 'pyproject.toml', 'Pipfile', 'index.html']
const HOST = /^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/

/** A service or a job as a component. */
export function readService(reading: Reading, { kind, spec }: Node): void {
  const { manifest, because, path, services } = reading
  const name = services.get(spec.get('name').text() ?? '')
  if (name === undefined) return
  if (kind === 'BuildService') {
    spec.lost('what is built is built for the component that runs it', 'the service that deploys it is read')
    return
  }
  const to = `components.${name}`
  const component: PartialComponent = { type: kind === 'CronJob' ? 'cron' : kind === 'ManualJob' ? 'job' : 'worker' }
  manifest.components = { ...manifest.components, [name]: component }
  because[to] = `${path}: ${kind} ${spec.get('name').text()}`
  spec.get('name').kept(to)
  const { folder, isStatic } = readSource(reading, spec, component)
  readPorts(reading, spec, component, name, isStatic)
  readCommand(reading, spec, component, folder, name)
  readHealth(spec, component)
  readScale(spec, component)
  if (component.type === 'cron') readSchedule(spec, component, to)
  readPortVariable(spec.get('runtimeEnvironment', 'PORT'), component)
  reading.later.push(() => {
    const env: NonNullable<PartialComponent['env']> = {}
    for (const variable of spec.get('runtimeEnvironment').entries())
      if (variable.key !== 'PORT') readVariable(reading, variable, env)
    if (component.type !== 'static' && Object.keys(env).length > 0) component.env = env
  })
  if (component.type === 'cron' && component.schedule === undefined) delete manifest.components[name]
  readRest(spec)
}

function readPortVariable(entry: Entry, component: PartialComponent): void {
  const port = Number(entry.text())
  if (component.type === 'web' && component.port === undefined && port > 0 && port < 65_536) component.port = port
  entry.kept('port')
}

function readSource({ context }: Reading, spec: Entry, component: PartialComponent): { folder: string; isStatic: boolean } {
  const image = spec.get('deployment', 'external', 'imagePath')
  spec.get('deployment', 'external', 'credentials').lost('the engine logs in to registries')
  for (const vcs of [spec.get('vcsData'), spec.get('deployment', 'vcs')]) vcs.changed('the sources are here')
  if (image.text()) {
    component.source = { image: image.text() ?? '' }
    image.kept('source.image')
    return { folder: '.', isStatic: false }
  }
  spec.get('deployment', 'internal').lost('it runs what another service built', 'source: the folder that it was built from')
  const build = spec.get('buildSettings')
  build.get('storage').lost('builds have the disk of this machine')
  const packed = build.get('buildpack')
  if (packed.isThere) {
    const folder = inside(packed.get('buildContext').text()) ?? '.'
    if (folder !== '.') component.source = folder
    packed.get('buildContext').kept('source')
    packed.get('builder').changed('a builder of Landfall builds the folder')
    for (const key of ['buildpackLocators', 'useCache'] as const) packed.get(key).lost('builders are Landfall’s own')
    return { folder, isStatic: false }
  }
  const docker = build.get('dockerfile')
  const file = inside(docker.get('dockerFilePath').text()) ?? 'Dockerfile'
  const folder = inside(docker.get('dockerWorkDir').text()) ?? '.'
  const text = context.files.text(file)
  const isOwn = text?.includes(WRITTEN_BY) === true
  const isStatic = isOwn && /^FROM nginx/m.test(text ?? '')
  const place = isOwn ? folder : posix.dirname(file)
  for (const key of ['buildEngine', 'useCache', 'buildkit'] as const) docker.get(key).lost('builders are Landfall’s own')
  docker.get('dockerWorkDir').kept('source')
  if (isOwn || BUILDABLE.some((n) => context.files.names.has(posix.join(place, n)))) {
    if (place !== '.') component.source = place
    docker
      .get('dockerFilePath')
      .changed(isOwn ? 'an export had written it; the builder knows the same' : 'a builder of Landfall builds the folder')
    return { folder: place, isStatic }
  }
  const inner = posix.relative(folder, file)
  if (inner.startsWith('..')) {
    component.source = folder
    docker.get('dockerFilePath').lost('it lies outside of the folder that is built', 'move it into that folder')
  } else {
    component.source = { dockerfile: inner, ...(folder !== '.' && { folder }) }
    docker.get('dockerFilePath').kept('source.dockerfile')
  }
  return { folder, isStatic }
}

function inside(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  const plain = posix.normalize(path.replace(/^\/+/, '') || '.').replace(/\/$/, '')
  return plain.startsWith('..') || /[^\w@+./ -]/.test(plain) ? undefined : plain
}

function readPorts({ manifest }: Reading, spec: Entry, component: PartialComponent, name: string, isStatic: boolean): void {
  if (component.type !== 'worker') {
    spec.get('ports').lost('a job listens nowhere')
    return
  }
  let isTaken = false
  for (const port of spec.get('ports').items()) {
    const number = port.get('internalPort').number()
    const isHttp = /^HTTP/.test(port.get('protocol').text() ?? 'HTTP')
    if (isTaken || !isHttp || number === undefined || !Number.isInteger(number) || number < 1 || number > 65_535) {
      port.lost(isTaken ? 'a component has one port' : 'the edge carries HTTP, and this is something else')
      continue
    }
    isTaken = true
    component.type = isStatic ? 'static' : 'web'
    if (!isStatic) component.port = number
    port.get('internalPort').kept(`components.${name}.port`)
    port.get('name').changed('a port needs no name')
    port.get('protocol').kept()
    port.get('public').changed('what has a route is reached from outside')
    port.get('disableNfDomain').changed('only routes lead to it')
    port.get('security').lost('the edge asks nobody for a password, and lets every address in')
    for (const domain of port.get('domains').items()) {
      const host = domain.text() ?? ''
      if (!HOST.test(host)) {
        domain.lost('no host that could lead there')
        continue
      }
      manifest.routes = [...(manifest.routes ?? []), { host, to: name }]
      domain.kept('routes')
    }
  }
}

function readCommand(reading: Reading, spec: Entry, component: PartialComponent, folder: string, name: string): void {
  const docker = spec.get('deployment', 'docker').isThere ? spec.get('deployment', 'docker') : spec.get('deployment', 'buildpack')
  docker.get('configType').changed('who says the command')
  docker.get('customEntrypoint').lost('a component has one command', 'put both into `run`')
  const custom = docker.get('customCommand').isThere ? docker.get('customCommand') : docker.get('customProcess')
  if (!custom.isThere) return
  const start = startOf(custom.text(), folder, reading.context.files)
  if (isOurs(custom.text()) || !start?.run || component.type === 'static') {
    custom.lost('it needs a shell, or holds a secret', 'put it into a script')
    return
  }
  component.run = start.run
  if (start.release.length > 0) component.release = start.release
  custom.kept(`components.${name}.run`)
  custom.finding(
    'changed',
    'W_CUSTOM_COMMAND',
    `there the command of ${name} takes the place of the image’s entrypoint, without a shell: what that would have done is not done`,
    'what the entrypoint does before belongs under `release`',
  )
}

function readHealth(spec: Entry, component: PartialComponent): void {
  const all = spec.get('healthChecks').items()
  const isHttp = (e: Entry) => e.get('protocol').text() === 'HTTP' && /^\/[\x21-\x7e]*$/.test(e.get('path').text() ?? '')
  const chosen =
    all.find((e) => isHttp(e) && e.get('type').text() === 'readinessProbe') ??
    all.find(isHttp) ??
    all.find((e) => e.get('protocol').text() === 'TCP')
  for (const check of all) {
    if (check !== chosen || component.type !== 'web') {
      check.lost(component.type === 'web' ? 'a component has one health check' : 'there is no port that could be asked')
      continue
    }
    const every = check.get('periodSeconds').number()
    const failures = check.get('failureThreshold').number()
    const isEvery = every !== undefined && every >= 1 && every <= 3600
    const grace = isEvery && failures !== undefined ? every * failures : undefined
    component.health = {
      ...(isHttp(check) ? { path: check.get('path').text() ?? '/' } : { tcp: true as const }),
      ...(isEvery && { every: `${every}s` }),
      ...(grace !== undefined && grace >= 1 && grace <= 3600 && { grace: `${grace}s` }),
    }
    for (const key of ['path', 'protocol', 'periodSeconds'] as const) check.get(key).kept('health')
    check.get('failureThreshold').changed('grace: as long as all tries take')
    check.get('port').changed('its own port')
    check.get('type').changed('asked before there is traffic, and while it lives')
    for (const key of ['initialDelaySeconds', 'timeoutSeconds', 'successThreshold'] as const)
      check.get(key).changed('grace is enough')
    check.get('cmd').lost('health is asked by HTTP or TCP')
  }
}

function readScale(spec: Entry, component: PartialComponent): void {
  const scale: NonNullable<PartialComponent['scale']> = {}
  const plan = spec.get('billing', 'deploymentPlan')
  const size = sizeOf(plan.text())
  if (size && component.type !== 'static') {
    scale.memory = `${size.memoryMiB}Mi`
    scale.cpu = size.cpus
    plan.changed(`scale: ${size.memoryMiB}Mi and ${size.cpus} of a processor`)
  } else {
    plan.lost('no plan whose size is known', 'scale: { memory: … }')
    if (plan.isThere && component.type !== 'static')
      plan.finding(
        'changed',
        'W_PLAN_UNKNOWN',
        'the plan is one of your own, whose size stands in no file',
        'scale: { memory: …, cpu: … }',
      )
  }
  for (const key of ['buildPlan', 'gpu'] as const) spec.get('billing', key).lost('it runs on this machine')
  const instances = spec.get('deployment', 'instances')
  const number = instances.number()
  const isService = component.type === 'web' || component.type === 'worker'
  if (isService && number !== undefined && Number.isInteger(number) && number >= 0 && number <= 50) {
    scale.instances = number
    instances.kept('scale.instances')
  } else instances.lost('no number of instances from 0 to 50')
  if (component.type === 'web' && spec.get('loadBalancing', 'mode').text() === 'consistentHash') {
    scale.sticky = true
    spec.get('loadBalancing').kept('scale.sticky')
  } else spec.get('loadBalancing').lost('requests go to whichever has the fewest')
  spec.get('autoscaling').lost('nothing here adds instances by itself', 'scale: { instances: … }')
  if (Object.keys(scale).length > 0) component.scale = scale
  const grace = spec.get('deployment', 'gracePeriodSeconds')
  const seconds = grace.number()
  if (component.type !== 'static' && seconds !== undefined && Number.isInteger(seconds) && seconds >= 0 && seconds <= 3600) {
    component.stop = { grace: `${seconds}s` }
    grace.kept('stop.grace')
  } else grace.lost('no time up to an hour')
}

function readSchedule(spec: Entry, component: PartialComponent, to: string): void {
  const schedule = spec.get('schedule')
  const cron = schedule.text() ?? ''
  if (cronProblem(cron) !== undefined) {
    schedule.lost('no five fields')
    return
  }
  const policy = spec.get('concurrencyPolicy')
  const overlap = { forbid: 'skip', replace: 'replace' }[policy.text() ?? ''] as 'skip' | 'replace' | undefined
  const limit = spec.get('activeDeadlineSeconds')
  const seconds = limit.number()
  const hasLimit = seconds !== undefined && Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400
  component.schedule = {
    cron,
    ...(overlap && { overlap }),
    ...(hasLimit && { timeout: `${seconds}s` }),
  }
  schedule.kept(`${to}.schedule`)
  if (overlap) policy.kept(`${to}.schedule.overlap`)
  else policy.changed('overlap: skip')
  if (hasLimit) limit.kept(`${to}.schedule.timeout`)
  else limit.lost('no time that there is here')
}

function readRest(spec: Entry): void {
  const deployment = spec.get('deployment')
  deployment.get('storage').changed('instances have a scratch folder of their own in TMPDIR')
  deployment
    .get('strategy')
    .changed('a release starts the new beside the old; where a volume has one writer, the old stops first')
  for (const key of [
    'type',
    'zonalRedundancy',
    'gpu',
    'ssh',
    'metadata',
    'gradualRolloutStrategyId',
    'releaseFlowControlled',
  ] as const)
    deployment.get(key).lost('there is one machine')
  for (const key of ['backoffLimit', 'runOnSourceChange', 'suspended'] as const)
    spec.get(key).changed('a run that fails is told, and not repeated')
  spec.get('activeDeadlineSeconds').changed('schedule.timeout')
  for (const key of ['disabledCI', 'buildSource', 'description', 'tags', 'infrastructure', 'stageId', 'projectId'] as const)
    spec.get(key).changed('how Northflank orders things')
  const build = spec.get('buildConfiguration')
  for (const key of ['pathIgnoreRules', 'isAllowList', 'ciIgnoreFlagsEnabled', 'ciIgnoreFlags'] as const)
    build.get(key).changed('what changed is found out by its content')
  build.get('dockerfileTarget').lost('a Dockerfile is built to its end', 'make the stage that is wanted the last one')
  spec.get('buildArguments').lost('values of a build stand under build.env', 'build: { env: { … } }')
  for (const key of ['runtimeFiles', 'buildFiles', 'dockerSecretMounts'] as const)
    spec.get(key).lost('files come with the source')
}
