import { posix } from 'node:path'
import { wishRuntimes } from '../../lib/build/wish-runtimes.ts'
import type { Build } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { Builder, Detection, RecipeStep, SourceFiles } from '../../model/plug.ts'

export default {
  name: 'static',
  detect(files) {
    const folders = [...files.names].filter((n) => posix.basename(n) === 'index.html').map((n) => posix.dirname(n))
    // The page of a framework's source is built, and what lies below another page belongs to that.
    const pages = folders.filter((f) => !files.names.has(posix.join(f, 'package.json')) && !isPartOf(files, f)).sort()
    return pages.filter((f) => !pages.some((other) => other !== f && isBelow(f, other))).map((f) => detection(f))
  },
  check(files, build) {
    const { findings } = hasWork(build) ? wishRuntimes(files, build.options) : { findings: [] }
    return [...findings, ...missing(files, build)]
  },
  runtimes: (files, build) => (hasWork(build) ? wishRuntimes(files, build.options).wishes : []),
  recipe(_files, build) {
    const { workspace = '.', install, command, output = '.' } = build.options
    const step = (title: string, argv: string[], stage: 'install' | 'build'): RecipeStep => {
      return { title, command: argv, cwd: workspace, env: {}, needsNetwork: stage === 'install', stage }
    }
    const steps = [
      ...(install ? [step('install', install, 'install')] : []),
      ...(command ? [step('build', command, 'build')] : []),
    ]
    return { steps, output: posix.join(workspace, output), path: [] }
  },
} satisfies Builder

const hasWork = ({ options }: Build) => options.command !== undefined || options.install !== undefined
const isBelow = (folder: string, other: string) => other === '.' || folder.startsWith(`${other}/`)

/** Folders that some project above already speaks for. */
function isPartOf(files: SourceFiles, folder: string): boolean {
  for (let at = folder; at !== '.'; at = posix.dirname(at)) {
    const above = posix.dirname(at)
    if (files.names.has(posix.join(above, 'package.json')) && above !== '.') return true
    if (/^(public|src|test|tests|templates|fixtures|docs|coverage)$/.test(posix.basename(at))) return true
  }
  return false
}

function detection(folder: string): Detection {
  const plain = posix
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
  const name = /^[a-z][a-z0-9-]*[a-z0-9]$/.test(plain) ? plain : 'site'
  return {
    folder,
    component: { name, type: 'static', options: {} },
    because: [`${posix.join(folder, 'index.html')} is there as it is published`],
    missing: [],
  }
}

function missing(files: SourceFiles, build: Build): Finding[] {
  const { workspace = '.', output = '.' } = build.options
  const page = posix.join(workspace, output, 'index.html')
  if (hasWork(build) || files.names.has(page)) return []
  const prefix = posix.join(workspace, output)
  const isEmpty = prefix !== '.' && ![...files.names].some((n) => n.startsWith(`${prefix}/`))
  const hint =
    'correct `source` or `build.output`, set `build.command` if it is built, or take it back in by `!` in .landfallignore'
  if (isEmpty)
    return [{ level: 'error', code: 'E_NO_OUTPUT', at: 'build.output', message: `there is nothing in ${prefix}`, hint }]
  return [
    { level: 'warning', code: 'W_NO_INDEX', at: page, message: `there is no ${page}: the address of the site answers 404`, hint },
  ]
}
