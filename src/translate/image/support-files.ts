import { writtenBy } from '../written-by.ts'
import { type EntrypointOptions, entrypoint, releaseScript } from './entrypoint.ts'
import type { ImagePlan } from './plan-image.ts'

type Written = Record<string, { text: string; isExecutable?: boolean }>

/** The folder that comes to lie at /landfall in the image: scripts, and the program they call where the image can run one. */
export async function supportFiles(plan: ImagePlan, options: EntrypointOptions): Promise<Written> {
  const { by } = options
  const release = releaseScript(plan, options)
  const script: Written = {
    [options.script]: { text: entrypoint(plan, options), isExecutable: true },
    ...(release !== undefined && { 'release.sh': { text: release, isExecutable: true } }),
  }
  if (plan.base.runtime === 'node') {
    const { NODE_TOOL } = await import('./tool-node.ts')
    return { ...script, 'landfall.mjs': { text: `// ${writtenBy(by)}\n${NODE_TOOL}` } }
  }
  if (plan.base.runtime === 'python') {
    const { PYTHON_TOOL } = await import('./tool-python.ts')
    return { ...script, 'landfall.py': { text: `# ${writtenBy(by)}\n${PYTHON_TOOL}` } }
  }
  return script
}
