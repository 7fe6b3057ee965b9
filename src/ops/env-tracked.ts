import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isPlaceholder } from '../lib/env/placeholder.ts'
import { codeOf } from '../lib/error.ts'
import { exec } from '../lib/exec.ts'
import { showBare } from '../lib/show.ts'
import { readEnvFile } from '../manifest/env-file.ts'
import { isSecretName } from '../manifest/secret-words.ts'
import type { App } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'

/** Names that files with values have; those for others to copy are left out below. */
const PATHS = [
  '.env',
  '.env.*',
  '*.env',
  'env.*.yaml',
  'env.*.yml',
  'secrets.yaml',
  'secrets.yml',
  'secrets.*.yaml',
  'secrets.*.yml',
]
const FOR_COPYING = /(^|[._-])(example|sample|template|tpl|dist|defaults?|schema)([._-]|$)/i
const MOST_BYTES = 256 * 1024

/** Files with secrets that git has, and gives to everyone who has the repository. Empty where there is no repository. */
export async function trackedSecrets(folder: string, app: App | undefined): Promise<Finding[]> {
  if (!isInRepository(folder)) return []
  const secrets = new Set(app?.contract.flatMap((e) => (e.isSecret ? [e.name] : [])))
  const isSecret = (name: string) => secrets.has(name) || isSecretName(name)
  const findings: Finding[] = []
  for (const path of await trackedFiles(folder)) {
    if (FOR_COPYING.test(basename(path))) continue
    const [first, ...more] = secretsIn(folder, path).filter((v) => isSecret(v.name) && isRealValue(v.value))
    if (!first) continue
    const also = more.length > 0 ? `, and ${more.length} more` : ''
    findings.push({
      level: 'warning',
      code: 'W_SECRET_IN_GIT',
      at: first.at,
      message: `git tracks ${showBare(path)}, and ${first.name} has a real value in it${also}: everyone who has the repository knows it`,
      hint: `landfall env import ${path}, then git rm --cached -- ${path}, put it into .gitignore, and give it a new value`,
    })
  }
  return findings
}

function isInRepository(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true
  const parent = dirname(folder)
  return parent !== folder && isInRepository(parent)
}

async function trackedFiles(folder: string): Promise<string[]> {
  const globs = PATHS.flatMap((path) => [`:(glob)${path}`, `:(glob)**/${path}`])
  // The folder may belong to somebody else, and its settings must not make git run programs of theirs.
  const settings = ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false']
  try {
    const { code, stdout } = await exec('git', [...settings, '-C', folder, 'ls-files', '-z', '--', ...globs], {
      allow: [128],
      timeoutSeconds: 10,
    })
    return code === 0 ? stdout.split('\0').filter((path) => path !== '') : []
  } catch (error) {
    if (codeOf(error) === 'E_EXEC') return [] // There is no git here that could be asked.
    throw error
  }
}

/** What can be read of it: a line that is wrong does not hide the others. */
function secretsIn(folder: string, path: string): { name: string; value: string; at: string }[] {
  const file = join(folder, path)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat?.isFile() || stat.size > MOST_BYTES) return []
  return readEnvFile(path, readFileSync(file, 'utf8')).values
}

/** Not what a template leaves, and nothing that only points to a value elsewhere. */
function isRealValue(value: string): boolean {
  return value !== '' && !isPlaceholder(value) && !/^\$\{?[A-Za-z_][^}]*\}?$/.test(value) && !/^ENC\[/.test(value)
}
