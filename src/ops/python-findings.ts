import { exec } from '../lib/exec.ts'
import type { Finding } from '../model/finding.ts'
import { bindSource } from './bind-source.ts'
import { readManifest, type Where } from './read-manifest.ts'

const PROBE = 'import venv, ensurepip'

/** Python is the machine's own: missing, it would stop a build that needs it after everything else was done. */
export async function pythonFindings(where: Where): Promise<Finding[]> {
  const { app } = await readManifest(where)
  const bound = await Promise.all((app?.components ?? []).map((c) => bindSource(c, where.folder)))
  const [wants] = bound.filter((b) => b.component.build.builder === 'python')
  if (!wants || (await hasPython())) return []
  const { name } = wants.component
  const message = `${name} is built by Python, and this machine has none that can make environments (venv, ensurepip)`
  return [{ level: 'error', code: 'E_NO_PYTHON', at: `components.${name}.build`, message, hint: 'landfall doctor --fix' }]
}

async function hasPython(): Promise<boolean> {
  try {
    await exec('python3', ['-c', PROBE], { timeoutSeconds: 20 })
    return true
  } catch {
    return false // Not there, or without its modules: the finding says so.
  }
}
