import type { App } from '../../model/app.ts'
import type { ManualStep, WriteContext, Written } from '../../model/target.ts'
import { quote } from '../../translate/image/shell.ts'
import { deployLines, keepAll, valuesByHand } from '../../translate/pipeline/deploy.ts'
import { jobOf, type PipelineJob } from '../../translate/pipeline/job-of.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { composeStages } from './compose-stages.ts'
import { block, type Lines, print, sh, stage, steps, text } from './groovy.ts'

/** A declarative pipeline: prepare, back up, see that data is ready, test side by side, release, look. */
export function write(app: App, context: WriteContext): Written {
  const { branch = 'main', root = '.', label = 'landfall', with: how = 'landfall' } = context.options
  const jobs = app.components.flatMap((c) => jobOf(app, c, context, root) ?? []).filter((j) => j.steps.length > 0)
  const isCompose = how === 'compose'
  const stages = isCompose ? composeStages(app, jobs, root, branch) : landfallStages(app, jobs, root, branch)
  const pipeline = block(
    'pipeline',
    `agent { label ${text(label)} }`,
    block(
      'options',
      'timestamps()',
      // The one that is under way goes on to its end.
      'disableConcurrentBuilds()',
      "timeout(time: 60, unit: 'MINUTES')",
      "buildDiscarder(logRotator(numToKeepStr: '20'))",
    ),
    ...environmentOf(app, isCompose),
    block('stages', ...stages.flat()),
    ...postOf(app, isCompose, root),
  )
  if (!isCompose) keepAll(context)
  else {
    for (const entry of context.manifest.entries()) entry.changed('as `landfall export compose` carries it')
    const hint = '`landfall export compose` tells what of the manifest its files carry'
    const message = 'what is released are the files of the compose export, and their losses are losses here too'
    context.finding({ level: 'warning', code: 'W_INDIRECT', at: 'landfall.yaml', message, hint })
  }
  return {
    files: { Jenkinsfile: { text: `// ${writtenBy('jenkins')}\n${print(pipeline)}\n` } },
    steps: byHand(app, jobs, isCompose, label),
  }
}

function landfallStages(app: App, jobs: PipelineJob[], root: string, branch: string): Lines[] {
  const lines = deployLines(app, root, '"$BUILD_TAG"')
  const at = `${root === '.' ? '' : ` -C ${quote(root)}`}${app.environment.name === 'local' ? '' : ` --env ${app.environment.name}`}`
  const onBranch = `when { branch ${text(branch)} }`
  const keeps = app.resources.some((r) => ['postgres', 'volume', 'bucket', 'redis'].includes(r.type))
  return [
    stage('Prepare Environment', steps(...sh(lines.check))),
    ...(keeps ? [stage('Backup', onBranch, steps(...sh(`landfall backup create${at} --yes`)))] : []),
    ...testStage(jobs),
    stage('Release', onBranch, steps(...sh(`${lines.up} > release.jsonl`))),
    ...(app.checks.length > 0 ? [stage('Smoke', onBranch, steps(...sh(lines.smoke)))] : []),
  ]
}

/** Side by side by folder: two installs in one folder would tread on each other. */
export function testStage(jobs: PipelineJob[]): Lines[] {
  const folders = [...new Set(jobs.map((j) => j.folder))]
  const parts = folders.map((folder) => {
    const here = jobs.filter((j) => j.folder === folder)
    const [only] = here
    if (here.length === 1 && only) return stage(only.component.name, steps(jobLines(only)))
    const inTurn = here.map((job) => stage(job.component.name, steps(jobLines(job))))
    return stage(here.map((j) => j.component.name).join(', '), block('stages', ...inTurn))
  })
  if (parts.length === 0) return []
  return [stage('Test', parts.length === 1 ? block('stages', ...parts) : block('parallel', ...parts))]
}

function jobLines(job: PipelineJob): Lines {
  const env = Object.entries(job.env).map(([name, value]) => text(`${name}=${value}`))
  const lines = job.steps.flatMap((s): Lines => (s.folder === '.' ? sh(s.run) : block(`dir(${text(s.folder)})`, ...sh(s.run))))
  return env.length > 0 ? block(`withEnv([${env.join(', ')}])`, ...lines) : lines
}

/** Secrets are Jenkins' own: by name, and never on a command line. */
function environmentOf(app: App, isCompose: boolean): Lines {
  if (!isCompose) return []
  const secrets = app.contract.filter((e) => e.isSecret && !e.default && e.when !== 'build')
  if (secrets.length === 0) return []
  return block('environment', ...secrets.map((e) => `${e.name} = credentials(${text(credential(app, e.name))})`))
}

export const credential = (app: App, name: string) => `${app.name}-${name.toLowerCase().replaceAll('_', '-')}`

function postOf(app: App, isCompose: boolean, root: string): Lines {
  const folder = root === '.' ? '' : ` -C ${quote(root)}`
  const environment = app.environment.name === 'local' ? '' : ` --env ${app.environment.name}`
  return block(
    'post',
    block(
      'failure',
      ...sh(
        isCompose
          ? 'docker compose ps; docker compose logs --tail 100'
          : `landfall ps${folder}${environment}; landfall logs --lines 100${folder}${environment}`,
      ),
    ),
    ...(isCompose ? [] : [block('always', "archiveArtifacts artifacts: 'release.jsonl', allowEmptyArchive: true")]),
  )
}

function byHand(app: App, jobs: PipelineJob[], isCompose: boolean, label: string): ManualStep[] {
  const steps: ManualStep[] = [
    { title: 'Install the plug-ins Pipeline, Git, Timestamper and Credentials Binding', text: 'Manage Jenkins › Plugins' },
    {
      title: `Give the agent on the server the label ${label}`,
      text: isCompose ? 'its user may use Docker' : 'its user is the one who uses Landfall there',
    },
  ]
  if (isCompose) {
    const secrets = app.contract.filter((e) => e.isSecret && !e.default && e.when !== 'build')
    if (secrets.length > 0) {
      steps.push({
        title: `Add the credentials ${secrets.map((e) => credential(app, e.name)).join(', ')}`,
        text: 'Manage Jenkins › Credentials, kind Secret text',
      })
    }
    steps.push({ title: 'Write the compose files beside it', commands: ['landfall export compose'] })
  } else steps.push(...valuesByHand(app, 'on that server'))
  const asked = [...new Set(jobs.flatMap((j) => j.asked))].sort()
  if (asked.length > 0)
    steps.push({ title: `Set ${asked.join(', ')} for the builds`, text: 'Manage Jenkins › System › Environment variables' })
  return steps
}
