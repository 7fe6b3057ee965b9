import { mkdir } from 'node:fs/promises'
import type { RuntimeWish } from '../../model/plug.ts'
import { provideNode } from './provide-node.ts'
import { providePackageManager } from './provide-package-manager.ts'
import { providePython } from './provide-python.ts'
import { type ProvideOptions, type Runtime, runtimesOf } from './runtime-folder.ts'

/**
 * Makes sure that a runtime is in `runtimes/` and stays there as it is: whatever happens to the machine's own later, an artifact
 * goes on with what it was built for. What this machine lacks comes from the npm registry, once; Python must be here.
 */
export async function provideRuntime(wish: RuntimeWish, home: string, options: ProvideOptions): Promise<Runtime> {
  await mkdir(runtimesOf(home), { recursive: true, mode: 0o755 })
  if (wish.name === 'node') return provideNode(wish, home, options)
  if (wish.name === 'python') return providePython(wish, home, options)
  return providePackageManager(wish.name, wish.version, home, options)
}
