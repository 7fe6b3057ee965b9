import { posix } from 'node:path'
import type { BuildOptions } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { RuntimeWish, SourceFiles } from '../../model/plug.ts'
import { wishNode } from './wish-node.ts'
import { wishPython } from './wish-python.ts'

/**
 * Runtimes of a build that is any command: `build.runtime` (`node@24`, `python@3.12`), else those whose files lie in its folder.
 * Without either there is none, and nothing is said about it.
 */
export function wishRuntimes(files: SourceFiles, options: BuildOptions): { wishes: RuntimeWish[]; findings: Finding[] } {
  const { runtime, workspace = '.' } = options
  const has = (...names: string[]) => names.some((n) => files.names.has(posix.join(workspace, n)))
  const isNode = runtime === undefined ? has('package.json') : /^node(js)?@/.test(runtime)
  const isPython = runtime === undefined ? has('requirements.txt', 'pyproject.toml') : /^python[@-]/.test(runtime)
  if (runtime !== undefined && !isNode && !isPython) {
    const message = `${JSON.stringify(runtime.slice(0, 60))} does not say of what it is a version`
    const hint = 'write node@24 or python@3.12'
    return { wishes: [], findings: [{ level: 'error', code: 'E_RUNTIME_VERSION', at: 'build.runtime', message, hint }] }
  }
  const wished = [...(isNode ? [wishNode(files, options)] : []), ...(isPython ? [wishPython(files, options)] : [])]
  return { wishes: wished.map((w) => w.wish), findings: wished.flatMap((w) => w.findings) }
}
