import type { ManualStep } from '../../model/target.ts'
import type { Variable } from '../../translate/variables.ts'
import type { Draft } from './write.ts'

/** What stays for a person: Render takes everything from git, and asks for secrets when it is set up. */
export function stepsOf({ app, context, asked, optional, isFree, images }: Draft): ManualStep[] {
  const steps: ManualStep[] = []
  if (context.project !== '.') steps.push({ title: 'copy the files into the project', commands: [`cp -R . ${context.project}/`] })
  steps.push({
    title: 'commit what was written',
    text: 'render.yaml lies at the root of the repository; Render builds from git, Dockerfiles and their folder landfall/ with it.',
  })
  steps.push({
    title: 'look at the file by Render’s own eyes',
    commands: ['render blueprints validate'],
    text: 'Its command line, from 2.7 on.',
  })
  for (const [name, variable] of asked) {
    const make = makerOf(variable)
    if (make)
      steps.push({ title: `make ${name}`, commands: [make], text: 'Enter what it prints where the dashboard asks for it.' })
  }
  const names = [...asked.keys()].sort()
  steps.push({
    title: 'make the Blueprint',
    text: `Dashboard → New → Blueprint → the repository.${names.length > 0 ? ` It asks for ${names.join(', ')}: once, so later ones are set under Environment.` : ''}`,
  })
  const places = Map.groupBy([...optional].sort(), ([, components]) => components.map((c) => `${app.name}-${c}`).join(', '))
  for (const [services, list] of places)
    steps.push({
      title: 'set what is wanted; nobody has to',
      text: `Service ${services} → Environment: ${list.map(([name]) => name).join(', ')}.`,
    })
  const hosts = [...new Set(app.routes.filter((r) => r.path === '/').map((r) => r.host))]
  if (hosts.length > 0)
    steps.push({
      title: 'point the domains to Render',
      text: `DNS: ${hosts.join(', ')}, each as its service’s settings say. Certificates come by themselves.`,
    })
  for (const [name, { plan }] of images) {
    for (const [task, commands] of Object.entries(plan.tasks)) {
      if (isFree) continue
      steps.push({
        title: `${name}.${task}, on demand`,
        commands: commands.map((words) => `env LANDFALL_PREPARE=no /bin/sh /landfall/entrypoint.sh ${words.join(' ')}`),
        text: `In the Shell of ${app.name}-${name}.`,
      })
    }
  }
  if (context.options.script === 'yes')
    steps.push({ title: 'deploy, and wait until it is live', commands: ['RENDER_API_KEY=<key> sh render-deploy.sh'] })
  return steps
}

function makerOf({ entry: { generate } }: Variable): string | undefined {
  switch (generate?.kind) {
    case undefined:
      return undefined
    case 'hex':
      return `openssl rand -hex ${generate.length}`
    case 'base64':
      return `openssl rand -base64 ${generate.length}`
    case 'password':
      return `openssl rand -hex ${Math.ceil(generate.length / 2)}`
    case 'uuid':
      return 'uuidgen'
  }
}
