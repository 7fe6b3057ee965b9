import type { App } from '../../model/app.ts'
import type { ManualStep, WriteContext, Written } from '../../model/target.ts'
import { quote } from '../image/shell.ts'
import { writtenBy } from '../written-by.ts'
import { deployLines, keepAll, valuesByHand } from './deploy.ts'
import { jobOf } from './job-of.ts'
import { type Actions, buildSteps, jobEnv, workflowText } from './workflow.ts'

export interface Dialect {
  target: string
  /** `.github/workflows/deploy.yml`. */
  file: string
  actions: Actions
  /** Where a person sets variables, secrets and rules: `Settings › Environments`. */
  settings: string
  runner: string
}

/** Build and test each component, then release with Landfall on a runner that lives on the server; what serves is on record. */
export function writeActions(app: App, context: WriteContext, dialect: Dialect): Written {
  const { branch = 'main', root = '.', runner = dialect.runner } = context.options
  const { actions } = dialect
  const jobs: Record<string, unknown> = {}
  const asked: string[] = []
  for (const component of app.components) {
    const job = jobOf(app, component, context, root)
    if (!job || job.steps.length === 0) continue
    asked.push(...job.asked)
    jobs[`test-${component.name}`] = {
      name: `Build and test ${component.name}`,
      'runs-on': 'ubuntu-latest',
      'timeout-minutes': 30,
      ...jobEnv(job),
      steps: [{ uses: actions.checkout, with: { 'persist-credentials': false } }, ...buildSteps(job, actions)],
    }
  }
  const lines = deployLines(app, root, '"$GITHUB_RUN_ID"')
  const tests = Object.keys(jobs)
  jobs.deploy = {
    name: `Release to ${app.environment.name}`,
    ...(tests.length > 0 && { needs: tests }),
    if: `github.event_name != 'pull_request' && github.ref == 'refs/heads/${branch}'`,
    'runs-on': runner.split('+').map((label) => label.trim()),
    environment: app.environment.name,
    // Landfall takes one run at a time; whoever comes later waits here, and is not cancelled half-way.
    concurrency: { group: `landfall-${app.name}-${app.environment.name}`, 'cancel-in-progress': false },
    'timeout-minutes': 60,
    defaults: { run: { shell: 'bash' } },
    steps: [
      { uses: actions.checkout, with: { 'persist-credentials': false } },
      { name: 'The manifest and its variables', run: lines.check },
      { name: 'Release', run: `${lines.up} | tee release.jsonl` },
      ...(app.checks.length > 0 ? [{ name: 'Smoke, on what serves', run: lines.smoke }] : []),
      { name: 'What serves now', run: `${lines.ps} > serving.json` },
      {
        name: 'On record: plan, digests, what serves',
        if: 'always()',
        uses: actions.uploadArtifact,
        with: { name: `release-${app.environment.name}`, path: 'release.jsonl\nserving.json', 'if-no-files-found': 'ignore' },
      },
    ],
  }
  keepAll(context)
  const workflow = {
    name: `Release ${app.name}`,
    on: { push: { branches: [branch] }, pull_request: {}, workflow_dispatch: {} },
    permissions: { contents: 'read' },
    jobs,
  }
  const head = [writtenBy(dialect.target), 'A pull request is built and tested; what lands on the branch is released.']
  const steps: ManualStep[] = [
    {
      title: `Register a runner with the labels ${runner.replaceAll('+', ', ')} on the server that Landfall runs on`,
      text: 'its user must be the one who uses Landfall there, and the pipeline of a stranger must never reach it',
    },
    ...valuesByHand(app, 'on that server'),
    ...(asked.length > 0
      ? [
          {
            title: `Set the variables ${[...new Set(asked)].sort().join(', ')} under ${dialect.settings}`,
            text: 'builds use them',
          },
        ]
      : []),
  ]
  if (app.environment.isProtected) {
    steps.push({
      title: `Ask for an approval before \`${app.environment.name}\` under ${dialect.settings}`,
      text: `the pipeline itself says --yes=${quote(app.name)}`,
    })
  }
  return { files: { [dialect.file]: { text: workflowText(head, workflow) } }, steps }
}
