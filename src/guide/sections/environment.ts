import type { EnvEntry, EnvGroup } from '../../model/app.ts'
import { type Block, code, heading, type Inline, joined, list, type Page, say, shell, table } from '../blocks.ts'
import type { GuideInput } from '../guide-input.ts'
import { inEnvironment } from '../in-environment.ts'
import { quoted, valueText } from '../value-text.ts'

/** The environment contract as a table, with who gives each value and what changing it does. */
export function environmentPage({ app, cite }: GuideInput): Page {
  const entries = [...app.contract].sort((a, b) => (a.name < b.name ? -1 : 1))
  const renamed = entries.filter((e) => e.as && Object.keys(e.as).length > 0)
  const rotated = entries.filter((e) => e.onRotate)
  const manual = entries.filter((e) => e.isRequired && !e.default && !e.generate && !e.source && !e.isKeptOut)
  const blocks: Block[] = [
    say(
      'Secrets are kept encrypted and reach a process only when it starts. ',
      code(`landfall env list${inEnvironment(app)}`),
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
  if (manual.length > 0)
    blocks.push(heading('To be set by hand'), shell(...manual.map((e) => `landfall env set ${e.name}${inEnvironment(app)}`)))
  if (rotated.length > 0)
    blocks.push(heading('What a change does'), list(rotated.map((e): Inline => [code(e.name), `: ${e.onRotate}`])))
  if (app.groups?.length) blocks.push(heading('Together', cite('groups')), list(app.groups.map(groupText)))
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
  if (e.source?.type === 'file') return ['the file ', code(e.source.path)]
  if (e.source?.type === 'command') return [code(e.source.command.map(quoted).join(' '))]
  if (e.source?.type === 'variable') return ['the variable ', code(e.source.name), ' of whoever deploys']
  if (e.generate) return [`made once: ${e.generate.kind}${e.generate.kind === 'uuid' ? '' : `(${e.generate.length})`}`]
  if (e.default) {
    return e.default.type === 'text'
      ? ['default ', code(e.default.text === '' ? '""' : e.default.text)]
      : [code(valueText(e.default))]
  }
  return [e.isRequired ? 'whoever deploys' : 'whoever deploys, or nobody']
}

function rulesOf(e: EnvEntry): string[] {
  const { requiredIf } = e
  return [
    e.type === undefined || e.type === 'text' ? '' : e.values ? `${e.type}: ${e.values.join(', ')}` : e.type,
    e.minLength === undefined ? '' : `at least ${e.minLength} characters`,
    e.pattern === undefined ? '' : `matches ${e.pattern}`,
    requiredIf ? `needed where ${requiredIf.name} is ${requiredIf.value ?? 'set'}` : '',
    e.only ? `only for ${e.only.join(', ')}` : '',
    e.forbidden ? `never for ${e.forbidden.join(', ')}` : '',
    e.isPublic ? 'browsers may read it' : '',
    e.delivery ? `arrives as a file, its path in ${e.name}_FILE` : '',
  ].filter(Boolean)
}

function groupText({ rule, names, about }: EnvGroup): Inline {
  const which = { allOrNone: 'all of them or none', oneOf: 'exactly one of them', anyOf: 'at least one of them' }[rule]
  const all = joined(
    names.map((name): Inline => [code(name)]),
    ', ',
  )
  return [...all, `: ${which}${about ? ` (${about})` : ''}`]
}
