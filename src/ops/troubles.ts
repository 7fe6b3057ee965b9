import { runChecks } from '../checks/run-checks.ts'
import { lastLines } from '../lib/exec.ts'
import type { Trouble } from '../model/app.ts'
import type { Outcome, Scope } from '../model/plan.ts'
import type { LogLine } from '../model/plug.ts'
import type { OpAnswers, OpInput, TroubleResult } from './contract.ts'
import { operateOf } from './operate-of.ts'
import { appNameOf, readManifest } from './read-manifest.ts'
import type { Setting } from './world.ts'

const COMMAND_MS = 30_000
const LOG_LINES = 1000
const EVIDENCE_LINES = 12

/** Known failures that fit the words, each looked into: the one whose check fails, or whose words stand in the log, is it. */
export async function troubles(setting: Setting, input: OpInput<'troubles'>): Promise<OpAnswers['troubles']> {
  const scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  const known = operateOf(setting.store, scope)?.troubles ?? (await readManifest(input)).app?.troubles ?? []
  const fitting = byWords(known, input.words)
  const { release, outcome } = setting.store.releases.serving(scope)
  const log = fitting.some((t) => t.see) && release ? await logOf(setting, scope) : []
  const results: TroubleResult[] = []
  for (const trouble of fitting) {
    results.push(await look(setting, scope, release, outcome, trouble, log, input.words.length > 0))
  }
  const rank = { likely: 0, unknown: 1, unlikely: 2 }
  return { app: scope.app, known: known.length, troubles: results.sort((a, b) => rank[a.state] - rank[b.state]) }
}

/** Those with the most of the words first; all where no word was given. */
function byWords(known: Trouble[], words: string[]): Trouble[] {
  if (words.length === 0) return known
  const wanted = words.flatMap((w) => w.toLowerCase().split(/\s+/)).filter((w) => w.length > 1)
  const score = ({ symptom, see = '', cause }: Trouble) => {
    const text = `${symptom} ${see} ${cause}`.toLowerCase()
    return wanted.filter((w) => text.includes(w)).length
  }
  return known
    .map((trouble) => ({ trouble, score: score(trouble) }))
    .filter((t) => t.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((t) => t.trouble)
}

async function look(
  setting: Setting,
  scope: Scope,
  release: string | undefined,
  outcome: Outcome,
  { check, ...trouble }: Trouble,
  log: LogLine[],
  isAsked: boolean,
): Promise<TroubleResult> {
  const { see } = trouble
  const seen = see === undefined ? undefined : log.findLast((line) => line.text.includes(see))
  const traces = seen ? [`${seen.component} ${seen.release}, ${seen.at}: ${seen.text}`] : []
  const say = (state: TroubleResult['state'], evidence?: string): TroubleResult => {
    const all = [...(evidence ? [evidence] : []), ...traces].join('\n')
    return { ...trouble, state: state === 'unknown' && seen ? 'likely' : state, ...(all && { evidence: all }) }
  }
  if (!check) return say('unknown')
  // Commands are run for a symptom that somebody has, not for every look at the machine.
  if (check.type === 'landfall') return { ...say('unknown'), ...(isAsked && { ask: check.args }) }
  if (!release) return say('unknown', 'nothing serves, so nothing can be asked')
  if (check.type === 'check') {
    const { checks = [], resources = [] } = outcome.operate ?? {}
    const wanted = checks.filter((c) => c.name === check.name)
    const [result] = await runChecks(setting.checks, scope, wanted, {
      isStaged: false,
      routes: outcome.routes,
      resources,
      release,
    })
    if (result?.state === 'failed') return say('likely', `${result.request}: ${result.because}`)
    return result?.state === 'passed' ? say('unlikely', `the check ${check.name} passes`) : say('unknown', result?.because)
  }
  return isAsked ? runCommand(setting, scope, outcome, check, say) : say('unknown')
}

async function runCommand(
  setting: Setting,
  scope: Scope,
  outcome: Outcome,
  { component, command }: Extract<NonNullable<Trouble['check']>, { type: 'command' }>,
  say: (state: TroubleResult['state'], evidence?: string) => TroubleResult,
): Promise<TroubleResult> {
  const serving = outcome.serving[component]
  if (!serving) return say('unknown', `${component} does not serve`)
  let text = ''
  const take = (chunk: Uint8Array) => {
    text = (text + Buffer.from(chunk).toString('utf8')).slice(-20_000)
  }
  const signal = AbortSignal.timeout(COMMAND_MS)
  try {
    const io = { stdout: take, stderr: take, signal }
    const code = await setting.engine.exec(scope, serving.component, serving.release, serving.artifact, command, io)
    const tail = lastLines(text, EVIDENCE_LINES)
    if (signal.aborted) return say('likely', `${command.join(' ')} took longer than ${COMMAND_MS / 1000} s\n${tail}`)
    return code === 0
      ? say('unlikely', `${command.join(' ')} ended with 0`)
      : say('likely', `${command.join(' ')} ended with ${code}\n${tail}`)
  } catch (error) {
    return say('unknown', `${command.join(' ')} could not be run: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function logOf(setting: Setting, scope: Scope): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of setting.engine.logs(scope, { lines: LOG_LINES, follow: false })) lines.push(line)
  return lines
}
