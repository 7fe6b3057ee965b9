import { statfsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { check } from './check.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { keyFindings } from './key-findings.ts'
import { pythonFindings } from './python-findings.ts'
import type { Setting } from './world.ts'

/** What this machine lacks, what is not enforced here, and what is wrong with the folder's manifest. */
export async function doctor(setting: Setting, input: OpInput<'doctor'>): Promise<OpAnswers['doctor']> {
  const findings = await setting.engine.check()
  for (const alert of setting.store.alerts) findings.push({ level: 'warning', code: 'W_STATE', at: setting.home, message: alert })
  findings.push(...keyFindings(setting))
  if (input.folder) {
    const where = { environment: 'local', ...input, folder: input.folder }
    findings.push(...(await check(where)).findings, ...(await pythonFindings(where)))
  }
  const disk = statfsSync(setting.home)
  const stats = await setting.edge.stats().catch(() => undefined)
  const facts: Record<string, string> = {
    landfall: setting.version,
    node: process.version,
    home: setting.home,
    user: process.getuid?.() === 0 ? 'root: one uid per environment' : 'ordinary user: instances run as you',
    cores: String(availableParallelism()),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    'disk free': `${Math.round((disk.bavail * disk.bsize) / 2 ** 30)} GiB`,
    edge: stats ? `pid ${stats.pid}, listens on ${stats.listeners.join(', ')}` : 'does not answer',
  }
  if (!stats)
    findings.push({
      level: 'error',
      code: 'E_EDGE',
      at: 'edge',
      message: 'the edge does not answer',
      hint: 'see logs/edge in LANDFALL_HOME',
    })
  return { findings, facts }
}
