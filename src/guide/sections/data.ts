import type { App } from '../../model/app.ts'
import { type Block, code, heading, type Inline, joined, list, type Page, say, shell, steps, table } from '../blocks.ts'
import type { GuideInput } from '../guide-input.ts'
import { inEnvironment } from '../in-environment.ts'

/** Where data lives, how it is saved and brought back, and the way back to an earlier release. */
export function dataPage({ app, cite, reasons }: GuideInput): Page {
  const kept = app.resources.filter((r) => r.type !== 'mail')
  const environment = inEnvironment(app)
  const why = kept.flatMap((r) =>
    (reasons[`resources.${r.name}`] ?? []).map(
      ({ key, text }): Inline => [code(key === '' ? r.name : `${r.name}.${key}`), `: ${text}`],
    ),
  )
  const blocks: Block[] = []
  if (kept.length > 0) {
    blocks.push(
      heading('Where data lives', cite('resources')),
      table(
        ['Resource', 'Type', 'Used by'],
        kept.map((r): Inline[] => {
          const users = app.components.filter((c) => c.needs.includes(r.name) || c.mounts.some((m) => m.volume === r.name))
          const at = cite(`resources.${r.name}`)
          return [
            [code(r.name), ...(at ? [' ', { type: 'cite' as const, cite: at }] : [])],
            [r.options.url === undefined ? r.type : `${r.type}, elsewhere`],
            joined(
              users.map((c): Inline => [code(c.name)]),
              ', ',
            ),
          ]
        }),
      ),
      ...(why.length > 0 ? [list(why)] : []),
      heading('Back up', cite('backup')),
      shell(
        `landfall backup create${environment}`,
        `landfall backup list${environment}`,
        `landfall backup verify <id>${environment}`,
      ),
      say(
        'A backup holds databases, volumes, kept objects, the manifest and the variables, encrypted. It counts once ',
        code('verify'),
        ' has restored it into a scratch instance and compared it.',
      ),
      ...policyBlocks(app),
      heading('Restore'),
      steps([
        ['See what there is: ', code(`landfall backup list${environment}`)],
        ['Look at what it would do: ', code(`landfall backup restore <id>${environment}`), ' shows the plan and asks.'],
        ['The data goes into a new place, is checked there, then takes the place of the old, which is kept.'],
        ['Ask the checks: ', code(`landfall smoke${environment}`)],
      ]),
      say(
        'On another machine, with an empty home, the same command takes the folder or bucket of the backup and the recovery key.',
      ),
    )
  } else blocks.push(say('The app keeps no data of its own.'))
  const migrating = app.components.filter((c) => c.releaseSteps.length > 0)
  blocks.push(
    heading('Way back', cite('keep.releases')),
    shell(`landfall rollback${environment}`),
    list([
      [`${app.keep.releases} releases are kept, with their builds and their variables.`],
      ...(migrating.length > 0
        ? [
            [
              ...joined(
                migrating.map((c): Inline => [code(c.name)]),
                ', ',
              ),
              ' has release steps, and they are not undone. The rollback says first whether the old code may run on the schema that they left, and what a restore would lose; `--code` and `--code-and-data` choose.',
            ] as Inline,
          ]
        : []),
    ]),
  )
  if (migrating.length > 0) {
    blocks.push(
      heading('Rehearse'),
      shell(`landfall rehearse${environment}`),
      say(
        'Tries the release on a copy of the latest backup and removes it again: what takes how long, what it locks, what it changes.',
      ),
    )
  }
  return { name: 'data', title: 'Data: backup, restore, way back', blocks }
}

function policyBlocks({ backup }: App): Block[] {
  if (!backup) return []
  const { timing, keep, verify } = backup
  const items: Inline[] = [
    [
      timing === undefined
        ? 'Made by hand.'
        : timing.type === 'every'
          ? `Made every ${spanText(timing.seconds)}.`
          : `Made at ${timing.expression} ${timing.timeZone}.`,
    ],
    [
      keep.count === undefined && keep.ageSeconds === undefined
        ? 'All are kept.'
        : `Kept: ${[keep.count === undefined ? '' : `${keep.count} verified ones`, keep.ageSeconds === undefined ? '' : `those of the last ${spanText(keep.ageSeconds)}`].filter(Boolean).join(', ')}.`,
    ],
    [verify ? 'Each is proven by a restore as soon as it is taken.' : 'None is proven before somebody asks for it.'],
  ]
  return [list(items)]
}

function spanText(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400} ${seconds === 86_400 ? 'day' : 'days'}`
  if (seconds % 3600 === 0) return `${seconds / 3600} ${seconds === 3600 ? 'hour' : 'hours'}`
  return `${Math.round(seconds / 60)} minutes`
}
