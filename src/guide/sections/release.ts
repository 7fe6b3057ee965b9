import type { Component, ReleaseStep } from '../../model/app.ts'
import { type Block, code, heading, type Inline, type Page, say, shell, steps, table } from '../blocks.ts'
import type { GuideInput } from '../guide-input.ts'
import { inEnvironment } from '../in-environment.ts'
import { commandText } from '../value-text.ts'

/** What happens in a release, in its order, and how to do it. */
export function releasePage({ app, cite }: GuideInput): Page {
  const inOrder: Inline[] = [['The manifest and the variables are checked; what is missing is said before anything is built.']]
  const needs = app.components.filter((c) => c.needs.length > 0)
  for (const c of app.components)
    for (const s of c.predeploy ?? []) inOrder.push(stepText(c, s, 'before anything is built, with what serves then'))
  inOrder.push(['Sources are built; a component whose source did not change is not built again.'])
  if (app.resources.length > 0) inOrder.push(['Resources are made ready, and a login with the real credentials proves it.'])
  const migrating = app.components.filter((c) => c.releaseSteps.some((s) => s.migrates !== false))
  if (migrating.length > 0 && app.resources.length > 0 && app.backup?.beforeMigrations !== false) {
    inOrder.push(['Where the release would change the schema, the data is backed up first.'])
  }
  for (const c of app.components) {
    for (const s of c.releaseSteps)
      inOrder.push(stepText(c, s, 'once, with the new code. A failure ends the release, and the old one goes on serving'))
    for (const s of c.bootstrap ?? []) inOrder.push(stepText(c, s, 'once in the life of an environment'))
  }
  for (const c of app.components.filter((c) => !['static', 'cron', 'artifact'].includes(c.type))) {
    inOrder.push(
      c.rollout === 'replace'
        ? [code(c.name), ': requests wait, the old instance stops, the new one starts and becomes healthy.']
        : [code(c.name), ': new instances start beside the old ones and become healthy.'],
    )
  }
  if (app.checks.length > 0)
    inOrder.push([`${app.checks.length} smoke checks are asked on the new instances, before they have traffic.`])
  inOrder.push(['The edge switches all routes at once; old instances finish what they have in hand, then stop.'])
  for (const c of app.components) {
    for (const s of c.postdeploy ?? []) inOrder.push(stepText(c, s, 'after the switch; a failure is told and undoes nothing'))
  }
  const tasks = app.components.flatMap((c) => Object.entries(c.tasks).map(([name, commands]) => ({ c, name, commands })))
  const blocks: Block[] = [
    shell(`landfall plan${inEnvironment(app)}`, `landfall up${inEnvironment(app)}`),
    heading('In this order', cite('components')),
    steps(inOrder),
  ]
  if (needs.length > 0) {
    blocks.push(
      heading('Who waits for whom'),
      table(
        ['Component', 'Waits for'],
        needs.map((c): Inline[] => [[code(c.name)], [c.needs.join(', ')]]),
      ),
    )
  }
  const crons = app.components.filter((c) => c.schedule)
  if (crons.length > 0) {
    blocks.push(
      heading('By a schedule'),
      table(
        ['Component', 'When', 'What it runs', 'While the last one still runs'],
        crons.map((c): Inline[] => [
          [code(c.name)],
          [code(c.schedule?.expression ?? ''), ` ${c.schedule?.timeZone ?? ''}`],
          [code(commandText(c.command ?? []))],
          [c.schedule?.overlap ?? ''],
        ]),
      ),
    )
  }
  if (tasks.length > 0) {
    blocks.push(
      heading('Tasks, by hand'),
      say('Safe to repeat, and recorded like a release.'),
      table(
        ['Command', 'What it runs', ''],
        tasks.map(({ c, name, commands }): Inline[] => {
          const at = cite(`components.${c.name}.${name === 'seed' ? 'seed' : `tasks.${name}`}`)
          return [
            [code(`landfall run ${c.name}.${name}${inEnvironment(app)}`)],
            [code(commands.map(commandText).join('; '))],
            at ? [{ type: 'cite', cite: at }] : [],
          ]
        }),
      ),
    )
  }
  return { name: 'release', title: 'Release', blocks }
}

function stepText(c: Component, s: ReleaseStep, when: string): Inline {
  const proven = [
    ...(s.verify?.files.map((f) => `${f} is there`) ?? []),
    ...(s.verify?.run ? [`${commandText(s.verify.run)} succeeds`] : []),
    ...(s.verify?.sql?.map((q) => `${q.query} is ${q.expect}`) ?? []),
    ...(s.verify?.migrations ? ['as many migrations are applied as there are'] : []),
  ]
  return [
    code(c.name),
    `: ${s.name}: `,
    code(commandText(s.run)),
    ...(s.check ? [', unless ', code(commandText(s.check)), ' says that there is nothing to do'] : []),
    `, ${when}.`,
    s.endsSessions ? ' Everybody is logged out by it.' : '',
    proven.length > 0 ? ` Then: ${proven.join('; ')}.` : '',
  ]
}
