import type { Component, ReleaseStep } from '../../model/app.ts'
import { quote, quoteAll } from '../../translate/image/shell.ts'
import { add, type Draft, labelsOf, type Mapping } from './draft.ts'
import { wordsOf } from './values.ts'
import { jobOf, podOf } from './write-workload.ts'

/** A Job that does the release of a component, for apply.sh to wait for; its name, where there is something to do. */
export function writeRelease(draft: Draft, component: Component): string | undefined {
  const { name } = component
  const steps = [...component.releaseSteps, ...(component.bootstrap ?? [])]
  if (steps.length === 0) return undefined
  const own = draft.context.of(name)
  const job = `${name}-release`
  // Our image's entrypoint waits for the databases and releases behind a lock; then it becomes `true`, and ends.
  const args = draft.images.has(name) ? ['true'] : shellOf(draft, component, steps)
  if (!args) {
    own.get('release').lost('a step has values that nobody in the cluster knows')
    own.get('bootstrap').lost('a step has values that nobody in the cluster knows')
    return undefined
  }
  if (!draft.images.has(name)) {
    own.get('release').changed(`the Job ${job}: apply.sh waits for it before the rollout`)
    if (component.bootstrap?.length)
      own.get('bootstrap').changed(`a part of the Job ${job}: at every release, since nothing there remembers`)
  }
  writeJob(draft, component, job, args, true)
  return job
}

/** Commands that a person asks for: each a Job that is applied when it is wanted. */
export function writeTasks(draft: Draft, component: Component): void {
  const own = draft.context.of(component.name)
  for (const [task, commands] of Object.entries(component.tasks)) {
    const place = task === 'seed' && own.get('seed').isThere ? own.get('seed') : own.get('tasks', task)
    const lines = commands.map((c) => wordsOf(draft, component, c))
    if (!lines.every((l) => l !== undefined)) {
      place.lost('a command has values that nobody in the cluster knows')
      continue
    }
    const [only = []] = lines
    const job = `${component.name}-${task}`
    writeJob(draft, component, job, lines.length === 1 ? only : ['sh', '-ec', lines.map(quoteAll).join('\n')], false)
    place.changed(`the Job ${job}: kubectl create -f k8s/jobs/${job}.yaml`)
    draft.steps.push({
      title: `${component.name}.${task}, on demand`,
      commands: [
        `kubectl -n ${draft.choices.namespace} delete job ${job} --ignore-not-found`,
        `kubectl -n ${draft.choices.namespace} apply -f k8s/jobs/${job}.yaml`,
      ],
    })
  }
}

function writeJob(draft: Draft, component: Component, job: string, args: string[], isRelease: boolean): void {
  const file = `jobs/${job}.yaml`
  const labels = { ...labelsOf(draft, job), 'app.kubernetes.io/component': component.name }
  const spec: Mapping = { ...podOf(draft, component, { args, isRelease }), restartPolicy: 'Never' }
  draft.jobs.add(file)
  add(draft, file, jobOf(job, labels, { metadata: { labels }, spec }, 0))
}

/** For images of somebody else, which must have a shell for it. */
function shellOf(draft: Draft, component: Component, steps: ReleaseStep[]): string[] | undefined {
  const lines = steps.map((step) => {
    const run = wordsOf(draft, component, step.run)
    const check = step.check && wordsOf(draft, component, step.check)
    if (!run || (step.check && !check)) return undefined
    const files = (step.verify?.files ?? []).map((f) => ` && test -e ${quote(f)}`).join('')
    return `${check ? `${quoteAll(check)} || ${quoteAll(run)}` : quoteAll(run)}${files}`
  })
  if (!lines.every((l) => l !== undefined)) return undefined
  const [only] = steps
  if (steps.length === 1 && only && !only.check && !only.verify) return wordsOf(draft, component, only.run)
  return ['sh', '-ec', lines.join('\n')]
}
