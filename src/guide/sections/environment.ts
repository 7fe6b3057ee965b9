import type { EnvEntry } from '../../model/app.ts'
import { type Block, code, heading, type Inline, joined, list, type Page, say, shell, table } from '../blocks.ts'
import type { GuideInput } from '../guide-input.ts'
import { valueText } from '../value-text.ts'

/** The environment contract as a table, with who gives each value and what changing it does. */
export function environmentPage({ app, cite }: GuideInput): Page {
  const entries = [...app.contract].sort((a, b) => (a.name < b.name ? -1 : 1))
  const renamed = entries.filter((e) => e.as && Object.keys(e.as).length > 0)
  const rotated = entries.filter((e) => e.onRotate)
  const manual = entries.filter((e) => e.isRequired && !e.default && !e.generate)
  const blocks: Block[] = [
    say(
      'Secrets are kept encrypted and reach a process only when it starts. ',
      code('landfall env list'),
      ' shows what is set; nothing shows a secret.',
    ),
    ...(entries.length > 0
      ? [
          table(
            ['Variable', 'For', 'Needed', 'Secret', 'When', 'Value comes from', 'Rules', 'About'],
            entries.map((e): Inline[] => {
              const at = cite(e.at)
              return [
                [code(e.name), ...(at ? [' ', { type: 'cite' as const, cite: at }] : [])],
                joined(
                  e.components.map((c): Inline => [code(c)]),
                  ', ',
                ),
                [e.isRequired ? 'yes' : 'no'],
                [e.isSecret ? 'yes' : 'no'],
                [e.when],
                sourceOf(e),
                [rulesOf(e).join('; ') || '–'],
                [e.about ?? ''],
              ]
            }),
          ),
        ]
      : [say('The app reads no variables.')]),
  ]
  if (manual.length > 0) blocks.push(heading('To be set by hand'), shell(...manual.map((e) => `landfall env set ${e.name}`)))
  if (rotated.length > 0)
    blocks.push(heading('What a change does'), list(rotated.map((e): Inline => [code(e.name), `: ${e.onRotate}`])))
  const built = entries.filter((e) => e.when !== 'run')
  if (built.length > 0) {
    blocks.push(
      heading('Part of the build'),
      say(
        ...joined(
          built.map((e): Inline => [code(e.name)]),
          ', ',
        ),
        ': a new value needs a new build, and reaches whoever gets the files.',
      ),
    )
  }
  if (renamed.length > 0) {
    const targets = [...new Set(renamed.flatMap((e) => Object.keys(e.as ?? {})))].sort()
    blocks.push(
      heading('Other names on other platforms'),
      table(
        ['Variable', ...targets],
        renamed.map((e) => [[code(e.name)], ...targets.map((t): Inline => (e.as?.[t] ? [code(e.as[t])] : ['–']))]),
      ),
    )
  }
  return { name: 'environment', title: 'Environment variables', blocks }
}

function sourceOf(e: EnvEntry): Inline {
  if (e.generate) return [`made once: ${e.generate.kind}${e.generate.kind === 'uuid' ? '' : `(${e.generate.length})`}`]
  if (e.default)
    return e.default.type === 'text'
      ? ['default ', code(e.default.text === '' ? '""' : e.default.text)]
      : [code(valueText(e.default))]
  return [e.isRequired ? 'whoever deploys' : 'whoever deploys, or nobody']
}

function rulesOf(e: EnvEntry): string[] {
  return [
    e.values ? `${e.type === 'list' ? 'list of' : 'one of'} ${e.values.join(', ')}` : (e.type ?? ''),
    e.requiredIf
      ? `needed ${e.requiredIf.value === undefined ? 'with' : 'where'} ${e.requiredIf.name}${e.requiredIf.value === undefined ? '' : ` is ${e.requiredIf.value}`}`
      : '',
    e.only ? `only ${e.only.join(', ')}` : '',
    e.forbidden ? `not ${e.forbidden.join(', ')}` : '',
    e.isPublic ? 'public' : '',
    e.delivery ? `arrives as the file ${e.delivery.name}` : '',
    e.minLength === undefined ? '' : `at least ${e.minLength} characters`,
    e.pattern === undefined ? '' : `matches ${e.pattern}`,
  ].filter(Boolean)
}
