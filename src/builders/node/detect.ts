import { posix } from 'node:path'
import { wishNode } from '../../lib/build/wish-node.ts'
import { dependencyNames, type PackageJson, readPackage, workspacesOf } from '../../lib/build/workspaces.ts'
import type { Detection, SourceFiles } from '../../model/plug.ts'
import { frameworkOf } from './frameworks.ts'
import { managerOf } from './package-manager.ts'
import { type Start, startOf } from './start-command.ts'

const QUEUES = [
  'bullmq',
  'bull',
  'bee-queue',
  'agenda',
  'amqplib',
  'kafkajs',
  'graphile-worker',
  'pg-boss',
  'node-cron',
  'croner',
]
const LISTENS = /\.listen\(|createServer\(|process\.env\.PORT|serve\(/

export function detect(files: SourceFiles): Detection[] {
  const folders = [...files.names].filter((n) => n === 'package.json' || n.endsWith('/package.json')).map((n) => posix.dirname(n))
  const members = workspacesOf(files)
  return folders.sort().flatMap((folder) => {
    const json = readPackage(files, folder)
    // The root of a monorepo holds packages together; its scripts call theirs.
    if (!json || (folder === '.' && members.length > 0)) return []
    const found = detectOne(files, folder, json, members.includes(folder))
    return found ? [found] : []
  })
}

function detectOne(files: SourceFiles, folder: string, json: PackageJson, isMember: boolean): Detection | undefined {
  const framework = frameworkOf(json, (file) => files.text(posix.join(folder, file)))
  const start = startOf(files, folder, json, framework)
  const hasBuild = json.scripts?.build !== undefined
  const because: string[] = []
  const at = posix.join(folder, 'package.json')
  if (framework) because.push(`${at} names ${framework.needs.find((n) => dependencyNames(json).includes(n))} (${framework.name})`)
  if (framework?.type === 'static' && (!start || /^(serve|vite|http-server)\b/.test(start.command.join(' ')))) {
    if (!hasBuild) return undefined
    because.push(`${at} has a build script; it leaves ${framework.output}`)
    const options = { ...(framework.output && { output: framework.output }) }
    return finish(files, folder, isMember, { name: nameOf(json, folder), type: 'static', options }, because)
  }
  // A package without anything to start is a library that others need.
  if (!start || (isMember && !json.scripts?.start && !framework?.run)) return undefined
  because.push(`${start.because.replace(/^package\.json/, at)}`)
  const type = framework?.type === 'web' || listens(files, folder, start) ? 'web' : 'worker'
  if (type === 'worker') because.push(workerReason(json))
  const port = framework?.port
  return finish(
    files,
    folder,
    isMember,
    { name: nameOf(json, folder), type, run: start.command, ...(port && { port }), options: {} },
    because,
  )
}

function finish(
  files: SourceFiles,
  folder: string,
  isMember: boolean,
  component: Detection['component'],
  because: string[],
): Detection {
  const options = { workspace: folder }
  const manager = managerOf(files, options)
  const findings = [...wishNode(files, options).findings, ...manager.findings]
  if (isMember) because.push(`it is a package of the monorepo whose ${manager.lockfile ?? 'package.json'} lies at the root`)
  return { folder, component, because, missing: findings.map((f) => f.message) }
}

function listens(files: SourceFiles, folder: string, start: Start): boolean {
  const file = start.command.find((word) => /\.[mc]?[jt]s$/.test(word))
  if (!file) return false
  const source = file.replace(/^(dist|build|lib|out)\//, 'src/').replace(/\.[mc]?js$/, '')
  const candidates = [file, `${source}.ts`, `${source}.js`, `${source.replace(/^src\//, '')}.ts`]
  return candidates.some((c) => LISTENS.test(files.text(posix.join(folder, c)) ?? ''))
}

function workerReason(json: PackageJson): string {
  const queue = QUEUES.find((n) => dependencyNames(json).includes(n))
  return queue ? `it names ${queue} and nothing that serves HTTP` : 'nothing that serves HTTP was found in it'
}

/** A name that a component may have. */
function nameOf(json: PackageJson, folder: string): string {
  const from = folder === '.' ? String(json.name ?? 'web').replace(/^@[^/]*\//, '') : posix.basename(folder)
  const plain = from.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const name = plain.replace(/^[^a-z]+|-+$/g, '').slice(0, 40)
  return /^[a-z][a-z0-9-]*[a-z0-9]$/.test(name) ? name : 'web'
}
