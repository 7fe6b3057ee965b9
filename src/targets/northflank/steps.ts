import type { ManualStep } from '../../model/target.ts'
import { writtenBy } from '../../translate/written-by.ts'
import type { Draft } from './variables.ts'

/** What is entered as `argumentOverrides`: names, and what is known of each. A filled copy never goes into git. */
export function sampleEnv({ args, context }: Draft): string {
  const lines = [...args]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { entry }]) => {
      const { about, onRotate, minLength, pattern, isRequired } = entry
      const said = [
        about,
        onRotate && `when it changes: ${onRotate}`,
        minLength && `${minLength} characters or more`,
        pattern && `matches ${pattern}`,
        !isRequired && 'optional',
      ].filter((t) => typeof t === 'string')
      return ['', ...said.map((t) => `# ${t.replaceAll('\n', ' ')}`), `${name}=`]
    })
  const repository =
    context.options.repository === undefined ? ['', '# address of the git repository, with https', 'REPOSITORY='] : []
  const head = [
    `# ${writtenBy('northflank')}`,
    '# Arguments of the template: a filled copy is entered as argument overrides, and stays out of git.',
  ]
  return `${[...head, ...repository, ...lines].join('\n')}\n`
}

export function stepsOf({ app, context, images }: Draft): ManualStep[] {
  const steps: ManualStep[] = []
  if (context.project !== '.') steps.push({ title: 'copy the files into the project', commands: [`cp -R . ${context.project}/`] })
  steps.push({
    title: 'commit what was written',
    text: 'Northflank builds from git: Dockerfiles and their folder landfall/ have to be there. northflank.json holds no secret.',
  })
  steps.push({
    title: 'fill in the arguments',
    commands: ['cp sample.northflank.env .env.northflank.local'],
    text: 'Then fill it in. It goes into Argument overrides of the template, and never into git.',
  })
  const hosts = [...new Set(app.routes.filter((r) => r.path === '/').map((r) => r.host))]
  if (hosts.length > 0)
    steps.push({
      title: 'verify the domains',
      text: `Dashboard → Domains: ${hosts.join(', ')}, with the DNS records that it shows. Before the first run, since ports name them.`,
    })
  steps.push({
    title: 'make the template and run it',
    commands: [
      'northflank login',
      'northflank create template --file northflank.json',
      'northflank run template --templateId <id>',
    ],
    text: 'Or Dashboard → Templates → Create, where the overrides are entered too.',
  })
  for (const [name, { plan }] of images) {
    for (const [task, commands] of Object.entries(plan.tasks))
      steps.push({
        title: `${name}.${task}, on demand`,
        commands: commands.map((words) => `env LANDFALL_PREPARE=no /bin/sh /landfall/entrypoint.sh ${words.join(' ')}`),
        text: `In the shell of ${app.name}-${name}: northflank exec service.`,
      })
  }
  return steps
}
