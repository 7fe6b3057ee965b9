import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ignore, { type Ignore } from 'ignore'

/** What always stays out, whatever an ignore file says: made by tools, or another project's own. */
const NEVER = new Set(['.git', '.hg', '.svn', 'node_modules', '.venv', '__pycache__', '.landfall', '.DS_Store'])
/** Says how the app is run, not what it is: another variable in it must not mean another build. */
const MANIFESTS = /^landfall\.(ya?ml|config\.[mc]?[jt]s)$|^\.landfallignore$/
/** Values of somebody's own machine. Modes such as `.env.production` follow the ignore files: they may be meant for the build. */
const LOCAL_VALUES = /^\.env(\.local|\.[\w-]+\.local)?$/

type Matcher = { base: string; rules: Ignore }
/** The ignore files that hold in a folder; those of `.landfallignore` win. */
export interface Rules {
  landfall: Matcher[]
  git: Matcher[]
}

/** Why something stays out, or the rules that hold below it. `path` is from the source's folder, with `/` between the parts. */
export function decide(
  rules: Rules,
  path: string,
  isFolder: boolean,
): { out: 'never' | 'values' | 'ignored' } | { below: Rules } {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (NEVER.has(name) || (path === name && MANIFESTS.test(name))) return { out: 'never' }
  if (!isFolder && LOCAL_VALUES.test(name)) return { out: 'values' }
  for (const [kind, list] of [
    ['landfall', rules.landfall],
    ['git', rules.git],
  ] as const) {
    // The deepest file that says anything decides, as in git.
    for (const [i, { base, rules: matcher }] of [...list.entries()].reverse()) {
      const answer = matcher.test(`${path.slice(base.length)}${isFolder ? '/' : ''}`)
      if (answer.ignored) return { out: 'ignored' }
      // Taken in by name: those that would have left it out have no say about what is in it.
      if (!answer.unignored) continue
      const left = list.slice(i)
      return { below: kind === 'landfall' ? { landfall: left, git: [] } : { landfall: rules.landfall, git: left } }
    }
  }
  return { below: rules }
}

/** Why a path stays out, for a look that does not go into folders that somebody took in by name. */
export function leavesOut(rules: Rules, path: string, isFolder: boolean): 'never' | 'values' | 'ignored' | undefined {
  const decided = decide(rules, path, isFolder)
  return 'out' in decided ? decided.out : undefined
}

/** The rules for what lies in `folder`, whose path from the source's folder is `path` (empty for itself). */
export function withFolder(rules: Rules, folder: string, path: string, names: readonly string[]): Rules {
  const base = path === '' ? '' : `${path}/`
  const add = (list: Matcher[], file: string) =>
    names.includes(file)
      ? [...list, { base, rules: ignore({ ignorecase: false }).add(readFileSync(join(folder, file), 'utf8')) }]
      : list
  return { landfall: add(rules.landfall, '.landfallignore'), git: add(rules.git, '.gitignore') }
}

/**
 * Rules of the folders above, up to the repository's root: the source may be a part of it. They do not hold where they would
 * leave out the source's folder itself: whoever names `dist` as a source means what is in it.
 */
export function outerRules(folder: string): Rules {
  const above: string[] = []
  let isRepository = existsSync(join(folder, '.git'))
  for (let at = folder; !isRepository && dirname(at) !== at; ) {
    at = dirname(at)
    above.unshift(at)
    isRepository = existsSync(join(at, '.git'))
  }
  const none = { landfall: [], git: [] }
  if (!isRepository || above.length === 0) return none
  const rules: Rules = { landfall: [], git: [] }
  for (const place of above) {
    const prefix = `${relative(place, folder)}/`
    for (const [list, file] of [
      [rules.landfall, '.landfallignore'],
      [rules.git, '.gitignore'],
    ] as const) {
      if (!existsSync(join(place, file))) continue
      const rule = ignore({ ignorecase: false }).add(readFileSync(join(place, file), 'utf8'))
      if (rule.test(prefix).ignored) return none
      list.push({ base: '', rules: shifted(rule, prefix) })
    }
  }
  return rules
}

/** Rules that were written for paths from a folder above. */
function shifted(rule: Ignore, prefix: string): Ignore {
  const moved = ignore({ ignorecase: false })
  moved.test = (path) => rule.test(prefix + path)
  return moved
}
