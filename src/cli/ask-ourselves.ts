import { codeOf } from '../lib/error.ts'
import { exec, lastLines } from '../lib/exec.ts'
import type { TroubleResult } from '../ops/contract.ts'
import type { Context } from './context.ts'

const TIMEOUT_SECONDS = 120
const EVIDENCE_LINES = 12

/** A trouble that another `landfall` command tells of: run as the person who asks, it fails where this is the cause. */
export async function askOurselves(context: Context, trouble: TroubleResult): Promise<TroubleResult> {
  const { ask } = trouble
  const program = process.argv[1]
  if (!ask || program === undefined) return trouble
  const args = [...process.execArgv, program, ...ask, '--folder', context.folder, '--env', context.environment]
  const command = `landfall ${ask.join(' ')}`
  const env = { ...(process.env as Record<string, string>), LANDFALL_HOME: context.home, NO_COLOR: '1' }
  try {
    const { code, stdout, stderr } = await exec(process.execPath, args, {
      env,
      cwd: context.folder,
      timeoutSeconds: TIMEOUT_SECONDS,
      allow: ANY,
    })
    const said = [stdout, stderr].map((text) => lastLines(text, EVIDENCE_LINES)).filter(Boolean)
    // 1 is a failure of what was asked; other codes say that it could not be asked so.
    const state = code === 1 || trouble.state === 'likely' ? 'likely' : code === 0 ? 'unlikely' : 'unknown'
    const evidence = [`${command} ended with ${code}`, ...(code === 0 ? [] : said), trouble.evidence].filter(Boolean).join('\n')
    return { ...trouble, state, evidence }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return { ...trouble, evidence: `${command} could not be run: ${error instanceof Error ? error.message : ''}` }
  }
}

/** Whatever it ends with is an answer. */
const ANY = Array.from({ length: 256 }, (_, code) => code)
