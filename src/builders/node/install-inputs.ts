import { posix } from 'node:path'
import { closureOf, type PackageJson, readPackage, workspacesOf } from '../../lib/build/workspaces.ts'
import type { SourceFiles } from '../../model/plug.ts'
import type { Manager } from './package-manager.ts'

const CONFIGURATION = ['.npmrc', 'pnpm-workspace.yaml', '.pnpmfile.cjs', '.yarnrc', '.yarnrc.yml']
const HOOKS = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare']
/** What they do has no part in node_modules: they set up the machine of somebody who writes the app. */
const HARMLESS =
  /^(npx |pnpm |yarn )?(husky|is-ci|lefthook|simple-git-hooks|only-allow|echo|true|exit|test|nuxt telemetry|playwright install)\b/
const PRISMA = /^(npx |pnpm |yarn )?prisma generate$/
const PATCHES = /^(npx |pnpm |yarn )?patch-package$/

/**
 * The files that decide what an install puts into node_modules, so that an earlier one can be taken while they stay the same.
 * `undefined` where something may read more of the source: then every build installs anew.
 */
export function installInputs(files: SourceFiles, manager: Manager, member: string): string[] | undefined {
  if (!manager.lockfile) return undefined
  const { base } = manager
  const inBase = (file: string) => posix.join(base, file)
  const members = base === '.' ? workspacesOf(files) : []
  const jsons = [base, ...members].map((folder) => ({ folder, json: readPackage(files, folder) }))
  const all = [...files.names].filter((n) => base === '.' || n.startsWith(`${base}/`))
  const inputs = new Set<string>([inBase(manager.lockfile), ...CONFIGURATION.map(inBase).filter((f) => files.names.has(f))])
  for (const { folder } of jsons) inputs.add(posix.join(folder, 'package.json'))
  for (const name of all) if (/(^|\/)(patches|\.yarn\/(patches|releases|plugins))\//.test(name)) inputs.add(name)

  const installed = new Set([base, ...(members.includes(member) ? closureOf(files, member) : members)])
  const hooks = jsons.filter(({ folder }) => installed.has(folder)).flatMap(({ json }) => hookCommands(json))
  const unknown = hooks.filter((hook) => !HARMLESS.test(hook) && !PATCHES.test(hook) && !PRISMA.test(hook))
  if (unknown.length > 0) return undefined
  const prisma = jsons.map(({ json }) => json?.dependencies?.['@prisma/client'] ?? json?.devDependencies?.['@prisma/client'])
  if (prisma.some((version) => version !== undefined)) {
    const schemas = all.filter((n) => n.endsWith('.prisma') || /(^|\/)prisma\.config\.\w+$/.test(n))
    // Up to its version 6 Prisma generates whenever it is installed. What it writes into the source is not kept.
    const generates = hooks.some((hook) => PRISMA.test(hook)) || prisma.some((v) => v && /^[\^~>=v]*[1-6](\.|$)/.test(v))
    if (generates && schemas.some((s) => /^\s*output\s*=/m.test(files.text(s) ?? ''))) return undefined
    for (const schema of schemas) inputs.add(schema)
  }
  return [...inputs].sort()
}

function hookCommands(json: PackageJson | undefined): string[] {
  const scripts = HOOKS.map((name) => json?.scripts?.[name]).filter((s) => s !== undefined)
  return scripts.flatMap((script) => script.split(/&&|\|\||;/)).map((command) => command.trim())
}
