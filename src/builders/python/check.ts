import { posix } from 'node:path'
import { wishPython } from '../../lib/build/wish-python.ts'
import type { Build } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { ArtifactUse, SourceFiles } from '../../model/plug.ts'
import { listingOf, unpinned } from './dependencies.ts'
import { startOf } from './start-command.ts'

export function check(files: SourceFiles, build: Build, use?: ArtifactUse): Finding[] {
  const { options } = build
  const folder = options.workspace ?? '.'
  const findings = wishPython(files, options).findings
  const add = (level: Finding['level'], code: string, at: string, message: string, hint: string) =>
    findings.push({ level, code, at, message, hint })
  const listing = listingOf(files, options)
  if (![...files.names].some((n) => n.endsWith('.py') && (folder === '.' || n.startsWith(`${folder}/`)))) {
    add('error', 'E_NO_PYTHON', folder, `there is no Python file in ${folder}`, 'correct `source`, or take another `build.type`')
  }
  if (listing.type === 'pipfile' && !options.install) {
    const hint = 'write `pipenv requirements > requirements.txt` and commit it, or set `build.install`'
    add('error', 'E_PACKAGE_MANAGER', posix.join(folder, 'Pipfile'), 'Pipenv is not installed with here', hint)
  }
  if (listing.type === 'none' && !options.install) {
    const message = 'no list of packages was found: only what Python brings along is there'
    add('warning', 'W_NO_LOCKFILE', posix.join(folder, 'requirements.txt'), message, 'pip freeze > requirements.txt')
  }
  if (listing.type === 'pyproject') {
    const message = 'pyproject.toml names ranges: every build may get other packages'
    add('warning', 'W_NO_LOCKFILE', posix.join(folder, 'pyproject.toml'), message, 'commit a lockfile: `uv lock`')
  }
  if (listing.type === 'requirements') {
    const at = posix.join(folder, listing.file)
    const loose = unpinned(files, at)
    const some = loose.slice(0, 3).join(', ')
    const message = `${loose.length} packages have no exact version (${some}): another build may get other ones`
    if (loose.length > 0) add('warning', 'W_NO_LOCKFILE', at, message, 'write exact versions: `pip freeze > requirements.txt`')
  }
  const start = startOf(files, options)
  if (use && (use.type === 'web' || use.type === 'worker') && !use.run?.length && !start) {
    const message = 'nothing says how it is started: no Procfile, and no application was found'
    add('error', 'E_NO_COMMAND', 'run', message, 'set `run`, for example gunicorn app:app')
  }
  if (use && !use.run?.length && start?.missing) {
    add(
      'error',
      'E_NO_SERVER',
      listing.type === 'requirements' ? listing.file : folder,
      start.missing,
      'add it to the packages, or set `run`',
    )
  }
  return findings
}
