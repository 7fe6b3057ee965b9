import { posix } from 'node:path'
import { Document, isMap, isScalar } from 'yaml'
import type { PipelineJob } from './job-of.ts'

// Words of GitHub's workflows, which Gitea and Forgejo read too.

/** What the pipeline fills in when it runs: `matrix.target`. */
export const expression = (text: string): string => `\${{ ${text} }}`

export type WorkflowStep = Record<string, unknown>

/** Versions that run today, by action; Gitea's runners know the older way of keeping files. */
export interface Actions {
  checkout: string
  setupNode: string
  setupPython: string
  uploadArtifact: string
}
export const GITHUB: Actions = {
  checkout: 'actions/checkout@v7',
  setupNode: 'actions/setup-node@v7',
  setupPython: 'actions/setup-python@v7',
  uploadArtifact: 'actions/upload-artifact@v7',
}
export const GITEA: Actions = {
  checkout: 'actions/checkout@v4',
  setupNode: 'actions/setup-node@v4',
  setupPython: 'actions/setup-python@v5',
  uploadArtifact: 'actions/upload-artifact@v3',
}

/** Runtimes, packages, build and test of a component; after them its output is there. */
export function buildSteps(job: PipelineJob, actions: Actions): WorkflowStep[] {
  const cache = cacheOf(job)
  const steps: WorkflowStep[] = []
  if (job.node) {
    const options = { 'node-version': job.node, ...(cache && { cache, 'cache-dependency-path': job.lock }) }
    steps.push({ uses: actions.setupNode, with: options })
  }
  if (job.python) steps.push({ uses: actions.setupPython, with: { 'python-version': job.python } })
  if (job.manager) steps.push({ run: `npm install --global ${job.manager}` })
  for (const s of job.steps) {
    steps.push({
      name: s.title,
      ...(s.folder !== '.' && { 'working-directory': s.folder }),
      ...envOf(s.env),
      run: s.run,
    })
  }
  return steps
}

/** What setup-node keeps between runs; of the others each run fetches anew. */
function cacheOf({ lock, manager }: PipelineJob): string | undefined {
  return lock && !manager && posix.basename(lock) === 'package-lock.json' ? 'npm' : undefined
}

/** Values of the build, for a whole job; those that the manifest has not come from the settings of the repository. */
export function jobEnv(job: PipelineJob): { env?: Record<string, string> } {
  return envOf({ ...job.env, ...Object.fromEntries(job.asked.map((n) => [n, expression(`vars.${n}`)])) })
}

const envOf = (env: Record<string, string>) => (Object.keys(env).length > 0 ? { env } : {})

/** With a blank line in front of every part and every job. */
export function workflowText(head: string[], workflow: Record<string, unknown>): string {
  const document = new Document(workflow, { aliasDuplicateObjects: false })
  const space = (map: unknown, from: number) => {
    if (!isMap(map)) return
    for (const { key } of map.items.slice(from)) if (isScalar(key)) key.spaceBefore = true
  }
  space(document.contents, 1)
  space(document.get('jobs'), 1)
  return `${head.map((line) => `# ${line}`).join('\n')}\n${document.toString({ lineWidth: 0 })}`
}
