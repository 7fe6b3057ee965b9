import { posix } from 'node:path'
import type { PackageJson } from '../../lib/build/workspaces.ts'
import type { SourceFiles } from '../../model/plug.ts'
import type { Framework } from './frameworks.ts'

/** Programs that serve people who write the app, not those who use it. */
const DEVELOPMENT =
  /\b(nodemon|ts-node-dev|vite(?! preview)|next dev|nuxt dev|react-scripts start|astro dev|ng serve|webpack(-dev-server| serve)|tsx watch|gatsby develop|parcel)\b|--watch\b/
/** A line that means the same without a shell. */
const PLAIN = /^[\w@./:,+-][\w@./:,=+-]*( [\w@./:,=+-]+)*$/

export interface Start {
  command: string[]
  /** `scripts.start`, `main`, … */
  because: string
}

/** What starts the app in production; `undefined` where nothing says so. */
export function startOf(files: SourceFiles, folder: string, json: PackageJson, framework?: Framework): Start | undefined {
  for (const name of ['start:prod', 'start:production', 'start']) {
    const script = json.scripts?.[name]?.trim()
    if (!script || DEVELOPMENT.test(script)) continue
    return { command: withoutShell(json, name, script), because: `package.json has a ${name} script: ${script}` }
  }
  if (framework?.run) return { command: framework.run, because: `package.json names ${framework.needs[0]}` }
  const main = typeof json.main === 'string' ? json.main : undefined
  const candidates = [main, 'server.js', 'server.mjs', 'app.js', 'index.js', 'index.mjs', 'src/server.js', 'src/index.js']
  const file = candidates.find((f) => f && files.names.has(posix.join(folder, f)))
  if (!file) return undefined
  return { command: ['node', file], because: file === main ? `package.json names ${file} as main` : `there is a ${file}` }
}

/** The program itself where that is the same: a package manager in between keeps 50 MB and hides how the app ended. */
function withoutShell(json: PackageJson, name: string, script: string): string[] {
  const hasHooks = json.scripts?.[`pre${name}`] !== undefined || json.scripts?.[`post${name}`] !== undefined
  const [first = '', ...rest] = script.split(' ')
  if (hasHooks || !PLAIN.test(script) || first.includes('=')) return ['npm', 'run', name]
  return first === 'npx' && rest.length > 0 && !rest[0]?.startsWith('-') ? rest : [first, ...rest]
}
