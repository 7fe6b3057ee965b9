import { dependencyNames, type PackageJson } from '../../lib/build/workspaces.ts'

/** Programs whose package has another name. */
const PROGRAMS: Record<string, string> = {
  tsc: 'typescript',
  'drizzle-kit': 'drizzle-kit',
  nest: '@nestjs/cli',
  ng: '@angular/cli',
  sequelize: 'sequelize-cli',
  'remix-serve': '@remix-run/serve',
  'react-router-serve': '@react-router/serve',
  dotenv: 'dotenv-cli',
  dotenvx: '@dotenvx/dotenvx',
  jest: 'jest',
  playwright: '@playwright/test',
  swc: '@swc/cli',
  'swc-node': '@swc-node/register',
  'tsconfig-paths': 'tsconfig-paths',
}

/** They come with the artifact, whether or not there is a package of that name. */
const RUNTIMES = new Set(['node', 'npm', 'npx', 'pnpm', 'yarn'])

/**
 * Packages that only development names and that a command of the running app uses all the same: `tsx src/server.ts`, or
 * `prisma migrate deploy` before a release.
 */
export function developmentAtRunTime(jsons: PackageJson[], commands: string[][]): string[] {
  const production = new Set(jsons.flatMap((j) => dependencyNames({ ...j, devDependencies: {} })))
  const listed = jsons.flatMap((j) => Object.keys(j.devDependencies ?? {}))
  const development = new Set(listed.filter((name) => !production.has(name) && !RUNTIMES.has(name)))
  if (development.size === 0) return []
  const words = new Set(commands.flatMap((command) => wordsOf(jsons, command, 0)))
  const packages = [...words].map((word) => packageOf(word, development)).filter((name) => name !== undefined)
  return [...new Set(packages)].sort()
}

/** The words of a command and of the scripts that it calls. */
function wordsOf(jsons: PackageJson[], command: string[], depth: number): string[] {
  const words = command.flatMap((part) => part.split(/[\s'"=;&|()]+/)).filter(Boolean)
  if (depth > 5) return words
  const scripts = words.flatMap((word, i) => {
    const isCalled = i > 0 && /^(npm|pnpm|yarn|run|-s|--silent|run-script|npm-run-all|run-s|run-p)$/.test(words[i - 1] ?? '')
    return isCalled ? jsons.map((j) => j.scripts?.[word]).filter((s) => s !== undefined) : []
  })
  return [...words, ...scripts.flatMap((script) => wordsOf(jsons, [script], depth + 1))]
}

function packageOf(word: string, development: Set<string>): string | undefined {
  const plain = word.replace(/^.*node_modules\/(\.bin\/)?/, '')
  if (development.has(plain)) return plain
  const named = PROGRAMS[plain]
  if (named && development.has(named)) return named
  const parts = plain.split('/')
  const owner = plain.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
  return parts.length > 1 && owner && development.has(owner) ? owner : undefined
}
