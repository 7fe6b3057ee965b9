import { type Block, code, heading, type Inline, type Page, say, shell, steps, table } from '../blocks.ts'
import type { GuideInput } from '../guide-input.ts'
import { commandText } from '../value-text.ts'

/** What happens in a release, in its order, and how to do it. */
export function releasePage({ app, cite }: GuideInput): Page {
  const inOrder: Inline[] = [
    ['The manifest and the variables are checked; what is missing is said before anything is built.'],
    ['Sources are built; a component whose source did not change is not built again.'],
  ]
  const needs = app.components.filter((c) => c.needs.length > 0)
  if (app.resources.length > 0) inOrder.push(['Resources are made ready, and a login with the real credentials proves it.'])
  for (const c of app.components) {
    for (const s of c.releaseSteps) {
      inOrder.push([
        code(c.name),
        `: ${s.name}: `,
        code(commandText(s.run)),
        ...(s.check ? [', unless ', code(commandText(s.check)), ' says that there is nothing to do'] : []),
        ', once, with the new code. A failure ends the release, and the old one goes on serving.',
      ])
    }
  }
  for (const c of app.components.filter((c) => c.type !== 'static')) {
    inOrder.push(
      c.rollout === 'replace'
        ? [code(c.name), ': requests wait, the old instance stops, the new one starts and becomes healthy.']
        : [code(c.name), ': new instances start beside the old ones and become healthy.'],
    )
  }
  if (app.checks.length > 0)
    inOrder.push([`${app.checks.length} smoke checks are asked on the new instances, before they have traffic.`])
  inOrder.push(['The edge switches all routes at once; old instances finish what they have in hand, then stop.'])
  const tasks = app.components.flatMap((c) => Object.entries(c.tasks).map(([name, commands]) => ({ c, name, commands })))
  const blocks: Block[] = [shell('landfall plan', 'landfall up'), heading('In this order', cite('components')), steps(inOrder)]
  if (needs.length > 0) {
    blocks.push(
      heading('Who waits for whom'),
      table(
        ['Component', 'Waits for'],
        needs.map((c): Inline[] => [[code(c.name)], [c.needs.join(', ')]]),
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
            [code(`landfall run ${c.name}.${name}`)],
            [code(commands.map(commandText).join('; '))],
            at ? [{ type: 'cite', cite: at }] : [],
          ]
        }),
      ),
    )
  }
  return { name: 'release', title: 'Release', blocks }
}
