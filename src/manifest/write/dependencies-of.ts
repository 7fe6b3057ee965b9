import { posix } from 'node:path'
import { dependencyNames, readPackage } from '../../lib/build/workspaces.ts'
import type { SourceFiles } from '../../model/plug.ts'

const PYTHON = [
  'requirements.txt',
  'requirements/base.txt',
  'requirements/production.txt',
  'requirements/prod.txt',
  'pyproject.toml',
  'Pipfile',
]

/** Names of the packages that a folder asks for, whatever the language; enough to know what it talks to. */
export function dependenciesOf(files: SourceFiles, folder: string): Set<string> {
  const names = new Set(dependencyNames(readPackage(files, folder)))
  for (const file of PYTHON) {
    const text = files.text(posix.join(folder, file)) ?? ''
    for (const line of text.split('\n')) {
      // `psycopg[binary]>=3`, `"fastapi[standard]"`, `sqlalchemy = "^2"`
      const [, name] = /^\s*["']?([A-Za-z][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:["',;]|[=<>!~]|$)/.exec(line) ?? []
      if (name) names.add(name.toLowerCase().replace(/[._-]+/g, '-'))
    }
    for (const [, name = ''] of text.matchAll(/["']([A-Za-z][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*[<>=~!^][^"']*["']/g)) {
      names.add(name.toLowerCase().replace(/[._-]+/g, '-'))
    }
  }
  return names
}
