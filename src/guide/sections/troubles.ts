import type { TroubleCheck } from '../../model/app.ts'
import { type Block, code, heading, type Inline, type Page, say, shell, table } from '../blocks.ts'
import type { GuideInput } from '../guide-input.ts'
import { inEnvironment } from '../in-environment.ts'
import { quoted } from '../value-text.ts'

/** Failures that are known, from the manifest, then those that Landfall itself tells apart. */
export function troublesPage({ app, cite }: GuideInput): Page {
  const { troubles = [] } = app
  const blocks: Block[] = [
    say('Landfall looks for itself first:'),
    shell(...['doctor', 'ps', 'logs'].map((name) => `landfall ${name}${inEnvironment(app)}`)),
  ]
  if (troubles.length > 0) {
    blocks.push(
      heading('Known failures', cite('troubles')),
      table(
        ['Symptom', 'See', 'Cause', 'How to tell', 'What to do'],
        troubles.map((t): Inline[] => [
          [t.symptom],
          t.see === undefined ? ['–'] : [code(t.see)],
          [t.cause],
          t.check === undefined ? ['–'] : checkText(t.check),
          [t.fix ?? '–'],
        ]),
      ),
    )
  }
  blocks.push(heading('What Landfall tells apart'))
  blocks.push(
    table(
      ['Symptom', 'What it says', 'Next'],
      [
        [['A variable is missing'], [code('E_ENV_MISSING'), ', before anything is built'], [code('landfall env set NAME')]],
        [['The build fails'], ['its last lines; the old release serves'], [code('landfall logs')]],
        [['A release step fails'], ['its output; the old release serves'], [code('landfall runs')]],
        [
          ['A new instance is not healthy'],
          ['what it was asked and answered, and its last lines'],
          [code('landfall logs --release <release>')],
        ],
        ...(app.checks.length > 0
          ? [[['A smoke check fails'], [code('E_SMOKE'), ': what was asked, what came'], [code('landfall smoke')]] as Inline[]]
          : []),
        [
          ['A step was cut off and nobody saw its end'],
          ['the run waits for a decision'],
          [code('landfall resume <run>'), ' or ', code('landfall cancel <run>')],
        ],
      ],
    ),
  )
  return { name: 'troubles', title: 'When something fails', blocks }
}

function checkText(check: TroubleCheck): Inline {
  switch (check.type) {
    case 'check':
      return ['the check ', code(check.name)]
    case 'landfall':
      return [code(`landfall ${check.args.map(quoted).join(' ')}`)]
    case 'command':
      return [code(`landfall exec ${check.component} -- ${check.command.map(quoted).join(' ')}`)]
  }
}
