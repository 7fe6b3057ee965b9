import type { Stage, Step } from '../model/plan.ts'

/** One line for people, in the words of the manifest. */
export function describeStep(step: Step): string {
  switch (step.type) {
    case 'build':
      return step.component.source.type === 'server'
        ? `get ${step.component.source.resource}${versionOf(step.component.source.version)} ready`
        : `build ${step.component.name}`
    case 'volume':
      return `make volume ${step.name}${rightsOf(step)}`
    case 'run-once':
      if (step.isBootstrap) return `run ${step.command.name} of ${step.component.name}, once for this environment`
      return `run ${step.command.name} of ${step.component.name}, once, with ${step.release}`
    case 'start':
      return step.component.type === 'static'
        ? `publish ${step.component.name} ${step.release} beside what serves`
        : `start ${step.component.name} ${step.release}${many(step.component.instances)}`
    case 'await-healthy':
      return step.component.type === 'job'
        ? `wait until ${step.component.name} ${step.release} has succeeded`
        : `wait until ${step.component.name} ${step.release} is healthy`
    case 'await-resource':
      return `wait until ${step.resource} takes a login, at most ${step.timeoutSeconds} s`
    case 'smoke':
      return `smoke: ${step.checks.length} ${step.checks.length === 1 ? 'check' : 'checks'} on ${step.release}, before it has traffic`
    case 'hold':
      return `hold requests for ${step.components.join(', ')}, at most ${step.seconds} s`
    case 'route':
      if (step.opens) return `open the address of ${step.opens.join(', ')} to the others`
      return step.routes.length === 0 ? 'take all routes down' : `switch ${routesOf(step)}`
    case 'retire':
      return `drain ${step.component} ${step.release}, at most ${step.drainSeconds} s, then stop it`
    case 'stop':
      return `stop ${step.component} ${step.release}`
    case 'backup':
      return step.isLast
        ? `back up ${[...step.resources, 'the app with its values'].join(', ')}${step.before ? ` before ${step.before}` : ''}`
        : `back up ${step.resources.join(', ')} while nothing writes to it`
    case 'verify-backup':
      return `restore ${step.backup ?? 'the backup'} into scratch instances and compare`
    case 'restore':
      return `restore ${step.resources.join(', ')} from ${step.file ?? step.backup} beside what serves, and compare`
    case 'swap-data':
      return step.isBack
        ? `put ${step.resources.join(', ')} back as it was before ${step.restore}`
        : `swap in what was restored: ${step.resources.join(', ')}`
    case 'prune':
      return `remove what only ${step.releases.join(', ')} needed`
  }
}

function rightsOf({ rights }: Extract<Step, { type: 'volume' }>): string {
  const owner = rights?.uid === undefined ? '' : `, owner ${rights.uid}${rights.gid === undefined ? '' : `:${rights.gid}`}`
  return `${owner}${rights?.mode === undefined ? '' : `, mode 0${rights.mode.toString(8)}`}`
}

export function describeStage(stage: Stage): string {
  const names: Record<Stage['name'], string> = {
    predeploy: 'Predeploy',
    build: 'Build',
    resources: 'Resources',
    backup: 'Backup',
    restore: 'Restore',
    release: 'Release steps',
    roll: 'Start beside',
    switch: 'Switch',
    postdeploy: 'Postdeploy',
    retire: 'Retire',
    prune: 'Clean up',
  }
  return names[stage.name]
}

function routesOf(step: Extract<Step, { type: 'route' }>): string {
  const lines = step.routes.map((r) => `${r.host}${r.path === '/' ? '' : r.path} to ${r.component} ${r.release}`)
  return lines.length <= 2 ? lines.join(', ') : `${lines.length} routes: ${lines.slice(0, 2).join(', ')}, …`
}

/** What people call a version; a digest says nothing to them. */
function versionOf(version: string): string {
  return /^\d+(\.\d+)*$/.test(version) ? ` ${version}` : ''
}

function many(instances: number): string {
  return instances === 1 ? '' : ` (${instances} instances)`
}
