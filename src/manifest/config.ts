import { statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { codeOf, LandfallError } from '../lib/error.ts'
import { showBare } from '../lib/show.ts'
import type { ManifestInput } from './schema.ts'

const NAME = 'landfall.config.ts'

/**
 * For landfall.config.ts: `export default defineApp({ … })`, with completion in the editor. Gives back what it was given.
 * @public
 */
export function defineApp(app: ManifestInput): ManifestInput {
  return app
}

/**
 * Runs landfall.config.ts and gives its default export. It is code of the person who types the command: only their command
 * line may call this, never the daemon. `import { defineApp } from 'landfall'` needs nothing installed.
 */
export async function loadConfig(folder: string): Promise<unknown> {
  refuseForeign(join(folder, NAME))
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== 'landfall') return next(specifier, context)
      return { url: 'data:text/javascript,export const defineApp = (app) => app', shortCircuit: true }
    },
  })
  let module: { default?: unknown }
  try {
    module = await import(pathToFileURL(join(folder, NAME)).href)
  } catch (error) {
    throw explain(error)
  } finally {
    hooks.deregister()
  }
  if (typeof module.default === 'object' && module.default !== null) return module.default
  throw new LandfallError({
    code: 'E_CONFIG',
    message: `${NAME} has no default export that is an object`,
    at: NAME,
    hint: 'export default defineApp({ app: …, components: { … } })',
  })
}

function explain(error: unknown): LandfallError {
  const code = codeOf(error)
  const text = showBare(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  const is = (message: string, hint: string) =>
    new LandfallError({ code: 'E_CONFIG', message, at: NAME, detail: text, hint, cause: error })
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') {
    const hint = 'without enum, namespace, parameter properties and import aliases it runs as it is'
    return is(`${NAME} uses TypeScript that cannot simply be stripped`, hint)
  }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    return is(
      `${NAME} imports TypeScript from node_modules, which Node does not run`,
      'import JavaScript, or copy what is needed',
    )
  }
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return is(`this Node (${process.version}) does not run TypeScript`, 'use Node 22.19 or newer, or write landfall.yaml')
  }
  if (code === 'ERR_MODULE_NOT_FOUND') return is(`${NAME} imports something that is not there`, 'npm install')
  return is(`${NAME} failed when it was run`, 'node landfall.config.ts')
}

/** It is code, and would run with our rights: root runs what it is told to, everybody else only what is theirs or root's. */
function refuseForeign(path: string): void {
  const me = process.getuid?.()
  const owner = statSync(path, { throwIfNoEntry: false })?.uid
  if (!me || owner === undefined || owner === me || owner === 0) return
  throw new LandfallError({
    code: 'E_OWNER',
    message: `${path} belongs to another user (uid ${owner}), and its code would run as you`,
    at: NAME,
    hint: `look at it, then: cp ${NAME} mine.ts && mv mine.ts ${NAME}`,
  })
}
