import { cronProblem, isTimeZone } from '../../lib/cron-expression.ts'
import type { PartialComponent } from '../../manifest/partial.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry } from '../../model/target.ts'
import { readPod } from './read-workload.ts'
import { type Found, freeName, ofKind, type Reading } from './reading.ts'

/** CronJobs as components; Jobs as steps of a release, as tasks, or as components that run to their end. */
export function readJobs(reading: Reading): void {
  for (const one of ofKind(reading, 'CronJob')) readCron(reading, one)
  for (const one of ofKind(reading, 'Job')) readJob(reading, one)
}

function readCron(reading: Reading, { root, name }: Found): void {
  const spec = root.get('spec')
  const schedule = spec.get('schedule')
  const expression = schedule.text()
  const problem = expression === undefined ? 'is not there' : cronProblem(expression)
  if (expression === undefined || problem !== undefined) {
    spec.lost(`its schedule ${problem}`)
    return
  }
  const key = freeName(reading, name, 'cron')
  const component: PartialComponent = { type: 'cron' }
  reading.manifest.components[key] = component
  reading.because[`components.${key}`] = `${root.at.replace(/:\d+$/, '')}: CronJob ${name}`.slice(0, 200)
  root.get('kind').kept(`components.${key}.type`)
  const zone = spec.get('timeZone').text()
  const isUtc = zone === undefined || /^(Etc\/)?UTC$/.test(zone)
  const policy = spec.get('concurrencyPolicy').text() ?? 'Allow'
  const job = spec.get('jobTemplate', 'spec')
  const limit = job.get('activeDeadlineSeconds').number()
  const isLimited = limit !== undefined && limit >= 1 && limit <= 604_800 && limit !== 3600
  const overlap = policy === 'Replace' ? 'replace' : 'skip'
  const hasZone = !isUtc && zone !== undefined && isTimeZone(zone)
  component.schedule =
    hasZone || overlap === 'replace' || isLimited
      ? { cron: expression, ...(hasZone && { timeZone: zone }), overlap, ...(isLimited && { timeout: `${Math.round(limit)}s` }) }
      : expression
  schedule.kept(`components.${key}.schedule`)
  if (isUtc || hasZone) spec.get('timeZone').kept(`components.${key}.schedule.timeZone`)
  else spec.get('timeZone').lost('no clock has this time zone')
  if (!spec.get('timeZone').isThere)
    schedule.finding(
      'changed',
      'W_CRON_CLOCK',
      `${name} went by the clock of the cluster's own controller, which is most often UTC: here it is UTC`,
    )
  if (policy === 'Allow') spec.get('concurrencyPolicy').changed('one run at a time: what is due meanwhile is left out')
  else spec.get('concurrencyPolicy').kept(`components.${key}.schedule.overlap`)
  job.get('activeDeadlineSeconds').kept(`components.${key}.schedule.timeout`)
  if (spec.get('suspend').flag() === true)
    spec.get('suspend').lost('Landfall has no switch that lets a schedule rest', 'leave the component out')
  else spec.get('suspend').changed('it runs')
  for (const at of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit', 'startingDeadlineSeconds'])
    spec.get(at).changed('runs are kept by Landfall')
  markJob(job)
  job.get('template', 'metadata').changed('a component is found by its name')
  spec.get('jobTemplate', 'metadata').changed('a component is found by its name')
  readPod(reading, job.get('template', 'spec'), key, component)
}

function markJob(job: Entry): void {
  for (const at of [
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'completions',
    'parallelism',
    'completionMode',
    'podFailurePolicy',
    'suspend',
  ])
    job.get(at).lost('a run is one run, and is not repeated by itself')
}

function readJob(reading: Reading, { root, name }: Found): void {
  const { manifest } = reading
  const spec = root.get('spec')
  const labels = root.get('metadata', 'labels')
  const hook = `${root.get('metadata', 'annotations', 'helm.sh/hook').text() ?? ''}${root.get('metadata', 'annotations', 'argocd.argoproj.io/hook').text() ?? ''}`
  const owner = ownerOf(reading, labels.get('app.kubernetes.io/component').text(), name)
  const isRelease = /(^|-)(release|migrate|migrations?|db-migrate)(-|$)/.test(name) || /pre-(install|upgrade)|PreSync/.test(hook)
  const scratch: PartialComponent = { type: 'job' }
  const main = owner === undefined ? undefined : manifest.components[owner]
  spec.get('template', 'metadata').changed('a component is found by its name')
  spec.get('selector').changed('a component is found by its name')
  spec.get('activeDeadlineSeconds').changed('a step may take as long as it needs')
  markJob(spec)
  if (!main || owner === undefined) {
    const key = freeName(reading, name, 'job')
    manifest.components[key] = scratch
    reading.because[`components.${key}`] = `${root.at.replace(/:\d+$/, '')}: Job ${name}`.slice(0, 200)
    root.get('kind').kept(`components.${key}.type`)
    readPod(reading, spec.get('template', 'spec'), key, scratch)
    return
  }
  readPod(reading, spec.get('template', 'spec'), owner, scratch)
  const run = scratch.run as string[] | undefined
  const pod = spec.get('template', 'spec')
  if (run === undefined) pod.lost('the image says what it runs', 'write it as release: […]')
  else if (run.length === 1 && run[0] === 'true') pod.changed('what the image does before it starts: its Dockerfile says it')
  else if (isRelease) {
    main.release = [{ run }]
    pod.changed(`a step of the release of ${owner}`)
  } else {
    const task = nameFrom(name.startsWith(`${owner}-`) ? name.slice(owner.length + 1) : name, 'task')
    main.tasks = { ...main.tasks, [task]: [run] }
    pod.changed(`landfall run ${owner}.${task}`)
  }
}

/** Whose Job it is: by its label, by its name, or since there is but one that it could be. */
function ownerOf({ manifest, components }: Reading, label: string | undefined, name: string): string | undefined {
  const own = [...new Set(components.values())]
  const said = label === undefined ? undefined : own.find((c) => c === label)
  const byName = own.filter((c) => name.startsWith(`${c}-`)).sort((a, b) => b.length - a.length)[0]
  const isStep = /(^|-)(release|migrate|migrations?|seed)(-|$)/.test(name)
  const webs = own.filter((c) => manifest.components[c]?.type === 'web')
  return said ?? byName ?? (isStep && webs.length === 1 ? webs[0] : undefined)
}
