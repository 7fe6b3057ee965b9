import type { SourceFiles } from '../../model/plug.ts'
import { writtenBy } from '../written-by.ts'

/** What never goes to a builder: other machines' packages, values, history. */
const NEVER = [
  '.git',
  '.hg',
  '.svn',
  '.landfall',
  '**/node_modules',
  '**/.venv',
  '**/__pycache__',
  '**/.DS_Store',
  '**/.env',
  '**/.env.local',
  '**/.env.*.local',
  // Where `docker run --env-file` takes its values from.
  '**/*.env',
  'landfall.yaml',
  'landfall.yml',
  'landfall.config.ts',
]

/** .gitignore and .landfallignore of the source's root in Docker's way of writing, where a name without `/` is one at the root alone. */
export function dockerignore(files: SourceFiles, by: string): string {
  const own = ['.gitignore', '.landfallignore'].flatMap((name) => translated(files.text(name)))
  const lines = [...NEVER, ...own.filter((line) => !NEVER.includes(line))]
  return `# ${writtenBy(by)}\n# What stays out of the build, as in .gitignore and .landfallignore.\n${lines.join('\n')}\n`
}

function translated(text = ''): string[] {
  return text.split(/\r?\n/).flatMap((written) => {
    const line = written.trimEnd()
    if (line === '' || line.startsWith('#')) return []
    const [sign, pattern] = line.startsWith('!') ? ['!', line.slice(1)] : ['', line.replace(/^\\(?=[#!])/, '')]
    const plain = pattern.replace(/\/+$/, '')
    // With a slash inside it is from the root, without one it is anywhere.
    const isAnchored = plain.replace(/^\*\*\//, '').includes('/')
    const path = plain.replace(/^\//, '')
    return path === '' ? [] : [`${sign}${isAnchored || path.startsWith('**/') ? path : `**/${path}`}`]
  })
}
