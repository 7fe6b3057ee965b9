import type { App } from '../../model/app.ts'
import { writtenBy } from '../written-by.ts'
import type { ImagePlan, ImageVariable, ReleaseWords } from './plan-image.ts'
import { quote, quoteAll } from './shell.ts'

/** Where the support files lie in an image. */
export const SUPPORT = '/landfall'

/** How the support program is called; undefined where the image has neither Node nor Python. */
export function toolOf({ base }: ImagePlan): string[] | undefined {
  if (base.runtime === 'node') return ['node', `${SUPPORT}/landfall.mjs`]
  if (base.runtime === 'python') return ['python', `${SUPPORT}/landfall.py`]
  return undefined
}

export interface EntrypointOptions {
  app: App
  /** `entrypoint.sh`. */
  script: string
  /** Name of the target that writes it. */
  by: string
  /** Lines before anything is checked: where a platform's own names become those of the app. */
  before?: string[]
  /** Put in front of every command of the app's own, such as `gosu app`. */
  as?: string[]
  /** A marker file for what happens once, where the platform gives a folder that lasts; else PostgreSQL remembers. */
  marker?: string
}

/**
 * `entrypoint.sh`: what has to be right before the app may start, in the order of a release. For platforms that know no hook for
 * it. The app takes the shell's place, so that signals reach it.
 */
export function entrypoint(plan: ImagePlan, options: EntrypointOptions): string {
  const { app } = options
  const tool = toolOf(plan)
  const sections = [
    [
      '#!/bin/sh',
      `# ${writtenBy(options.by)}`,
      `# Prepares what the component ${plan.component.name} of ${app.name} needs, then becomes it.`,
      '# LANDFALL_PREPARE=no in the environment starts a command without waiting and releasing: for tasks.',
      'set -eu',
    ],
    options.before ?? [],
    composed(plan),
    given(plan, tool),
    files(plan),
    prepare(plan, tool, options),
    start(plan, options),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

/** Values that are made of others. What who runs the image sets comes first. */
function composed(plan: ImagePlan): string[] {
  const lines = plan.variables.flatMap(({ entry, from }) =>
    from.type === 'composed' ? [`[ -n "\${${entry.name}-}" ] || ${entry.name}=${from.word}`, `export ${entry.name}`] : [],
  )
  const port = plan.port === undefined ? [] : [`: "\${PORT:=${plan.port}}"`, 'export PORT']
  return [...port, ...lines]
}

function given(plan: ImagePlan, tool: string[] | undefined): string[] {
  const required = plan.variables.filter((v) => v.isRequired)
  const lines: string[] = []
  if (required.length > 0) {
    lines.push(
      '# What must be set, or the app would fail later and say less.',
      'missing=',
      ...required.map((v) => `[ -n "\${${v.entry.name}-}" ] || missing="$missing ${v.entry.name}"`),
      'if [ -n "$missing" ]; then',
      '  echo "landfall: not set:$missing" >&2',
      '  exit 78',
      'fi',
    )
  }
  for (const group of plan.groups) lines.push(...groupLines(group.name, group.rule, group.names))
  const rules = plan.variables.map((v) => [v.entry.name, ruleOf(v)] as const).filter(([, rule]) => Object.keys(rule).length > 0)
  if (tool && rules.length > 0) lines.push(`${quoteAll([...tool, 'env', JSON.stringify(Object.fromEntries(rules))])}`)
  return lines
}

function groupLines(name: string, rule: 'allOrNone' | 'oneOf' | 'anyOf', names: string[]): string[] {
  const wrong = {
    allOrNone: `[ "$set" -ne 0 ] && [ "$set" -ne ${names.length} ]`,
    oneOf: '[ "$set" -ne 1 ]',
    anyOf: '[ "$set" -eq 0 ]',
  }
  const text = {
    allOrNone: 'all or none of them must be set',
    oneOf: 'exactly one of them must be set',
    anyOf: 'one of them must be set',
  }
  return [
    'set=0',
    ...names.map((n) => `[ -z "\${${n}-}" ] || set=$((set + 1))`),
    `if ${wrong[rule]}; then`,
    `  echo ${quote(`landfall: ${name}: ${text[rule]}: ${names.join(' ')}`)} >&2`,
    '  exit 78',
    'fi',
  ]
}

function ruleOf({ entry }: ImageVariable): Record<string, unknown> {
  const { minLength, pattern } = entry
  return { ...(minLength !== undefined && { minLength }), ...(pattern !== undefined && { pattern }) }
}

/** Values that the app reads from a file. */
function files(plan: ImagePlan): string[] {
  const wanted = plan.variables.filter((v) => v.entry.delivery)
  if (wanted.length === 0) return []
  const folder = '/tmp/landfall-files'
  const lines = wanted.map(({ entry: { name, delivery } }) => {
    const file = quote(`${folder}/${delivery?.name ?? name}`)
    return `if [ -n "\${${name}-}" ]; then printf %s "$${name}" > ${file}; export ${name}_FILE=${file}; unset ${name}; fi`
  })
  return [`(umask 077; mkdir -p ${folder})`, 'umask 077', ...lines, 'umask 022']
}

/** Waits, migrations and what happens once: behind one lock where there is a database that has it. */
function prepare(plan: ImagePlan, tool: string[] | undefined, options: EntrypointOptions): string[] {
  const hasSteps = stepLines(plan, tool, options).length > 0
  const waits = tool && plan.waits.length > 0 ? [quoteAll([...tool, 'wait', ...plan.waits])] : []
  if (!hasSteps && waits.length === 0) return []
  const script = `/bin/sh ${SUPPORT}/release.sh`
  const lock = tool && plan.lock !== undefined && quoteAll([...tool, 'lock', plan.lock, `release of ${options.app.name}`, '--'])
  const release = lock ? ['# One container at a time, however many start at once.', `${lock} ${script}`] : [script]
  const lines = [...waits, ...(hasSteps ? release : [])]
  return [`if [ "\${LANDFALL_PREPARE:-yes}" != no ]; then`, ...lines.map((l) => `  ${l}`), 'fi']
}

/** `release.sh`: the steps of a release, for the entrypoint to run behind the lock. Undefined: there are none. */
export function releaseScript(plan: ImagePlan, options: EntrypointOptions): string | undefined {
  const lines = stepLines(plan, toolOf(plan), options)
  if (lines.length === 0) return undefined
  return `${['#!/bin/sh', `# ${writtenBy(options.by)}`, `# The release of ${plan.component.name}.`, 'set -eu', '', ...lines].join('\n')}\n`
}

function stepLines(plan: ImagePlan, tool: string[] | undefined, options: EntrypointOptions): string[] {
  const as = options.as ? [quoteAll(options.as)] : []
  const command = (words: string[]) => [...as, ...words].join(' ')
  const lines = plan.release.flatMap((step) => releaseLines(step, command))
  for (const step of plan.bootstrap) {
    if (options.marker !== undefined) {
      const marker = quote(`${options.marker}-${step.name}`)
      lines.push(`if [ ! -e ${marker} ]; then`, ...releaseLines(step, command).map((l) => `  ${l}`), `  touch ${marker}`, 'fi')
    } else if (tool && plan.lock !== undefined) {
      lines.push(`${quoteAll([...tool, 'once', plan.lock, `${plan.component.name}: ${step.name}`, '--'])} ${command(step.run)}`)
    }
  }
  return lines
}

function releaseLines(step: ReleaseWords, command: (words: string[]) => string): string[] {
  const say = (text: string) => `echo ${quote(`landfall: ${step.name}: ${text}`)} >&2`
  const run = step.check
    ? [`if ${command(step.check)}; then`, `  ${say('nothing to do')}`, 'else', `  ${command(step.run)}`, 'fi']
    : [command(step.run)]
  const verify = step.files.map((f) => `[ -e ${quote(f)} ] || { ${say(`${f} is not there afterwards`)}; exit 1; }`)
  return [say('begins'), ...run, ...verify]
}

function start(plan: ImagePlan, options: EntrypointOptions): string[] {
  const as = options.as ? `${quoteAll(options.as)} ` : ''
  if (!plan.command) return [`exec ${as}"$@"`]
  return [
    '# Some platforms pass no arguments at all: then it is what the manifest says.',
    'if [ $# -eq 0 ]; then',
    `  set -- ${plan.command.join(' ')}`,
    'fi',
    `exec ${as}"$@"`,
  ]
}
