import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { compare, satisfies } from 'semver'
import type { RuntimeWish } from '../../model/plug.ts'
import { writeAtomic } from '../atomic.ts'
import { LandfallError } from '../error.ts'
import { exec } from '../exec.ts'
import { closedTo } from './closed-to.ts'
import { eachLimit } from './each-limit.ts'
import { type ProvideOptions, type Runtime, runtimesOf } from './runtime-folder.ts'

interface Python {
  /** The interpreter itself, behind shims and links. */
  file: string
  version: string
  canVenv: boolean
}
const NAMES = ['python3', 'python', ...Array.from({ length: 12 }, (_, i) => `python3.${i + 6}`)]

/** A Python of this machine that is in the range. Two small programs in runtimes/ start it, under the names that builds ask for. */
export async function providePython(wish: RuntimeWish, home: string, options: ProvideOptions): Promise<Runtime> {
  const all = await onMachine()
  const usable: Python[] = []
  const refused: string[] = []
  for (const python of all) {
    const why = refusal(python, wish, options)
    if (why) refused.push(`${python.file} is ${python.version}: ${why}`)
    else usable.push(python)
  }
  // The distribution's own where several have the same version: it has the fixes.
  const best = usable.sort(
    (a, b) => compare(b.version, a.version) || Number(b.file.startsWith('/usr/')) - Number(a.file.startsWith('/usr/')),
  )[0]
  if (!best) throw missing(wish, all, refused)
  const bin = join(runtimesOf(home), `python-${best.version}`, 'bin')
  await mkdir(bin, { recursive: true, mode: 0o755 })
  const text = `#!/bin/sh\nexec '${best.file.replaceAll("'", "'\\''")}' "$@"\n`
  for (const name of ['python', 'python3']) {
    const path = join(bin, name)
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeAtomic(path, text, 0o755)
  }
  return { bin, version: best.version }
}

function refusal(python: Python, wish: RuntimeWish, { identity }: ProvideOptions): string | undefined {
  if (!satisfies(python.version, wish.version)) return `not ${wish.version}`
  const closed = identity && closedTo(identity, python.file)
  if (closed) return `only its owner may use ${closed}`
  return python.canVenv ? undefined : 'it cannot make environments (venv, ensurepip)'
}

const PROBE = `import sys, json
try:
    import venv, ensurepip
    can = True
except ImportError:
    can = False
print(json.dumps([getattr(sys, '_base_executable', None) or sys.executable, '.'.join(map(str, sys.version_info[:3])), can]))`
const known = new Map<string, Python | undefined>()

async function onMachine(): Promise<Python[]> {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter((f) => f.startsWith('/')),
    ...['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'],
    ...installedBy('.pyenv/versions'),
    ...installedBy('.local/share/uv/python'),
  ]
  const files = [...new Set(folders.flatMap((folder) => NAMES.map((name) => join(folder, name))))].filter((f) => existsSync(f))
  const found = new Map<string, Python>()
  await eachLimit(files, 8, async (file) => {
    const python = await ask(file)
    if (python) found.set(python.file, python)
  })
  return [...found.values()].sort((a, b) => (a.file < b.file ? -1 : 1))
}

/** Those that pyenv and uv keep: a shim of theirs on PATH starts only the one that is chosen at the moment. */
function installedBy(place: string): string[] {
  const folder = join(homedir(), place)
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, 'bin')) : []
}

async function ask(file: string): Promise<Python | undefined> {
  const { ino, mtimeMs } = statSync(file)
  const key = `${file}:${ino}:${mtimeMs}`
  if (known.has(key)) return known.get(key)
  // HOME and PATH are for shims, which look up by them which one is meant.
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: process.env.HOME ?? '/' }
  const asked = await exec(file, ['-I', '-c', PROBE], { env, timeoutSeconds: 20 }).catch(() => undefined) // A shim of one that is not installed.
  const answer = asked && (JSON.parse(asked.stdout) as [string, string, boolean])
  const python = answer && { file: realpathSync(answer[0]), version: answer[1], canVenv: answer[2] }
  known.set(key, python)
  return python
}

function missing(wish: RuntimeWish, all: Python[], refused: string[]): LandfallError {
  const line = /(\d+\.\d+)/.exec(wish.version)?.[1] ?? '3'
  const isThere = all.some((p) => satisfies(p.version, wish.version))
  const install = isThere ? `apt-get install python${line}-venv` : `apt-get install python${line} python${line}-venv`
  const said = wish.from ? ` (${wish.from})` : ''
  const what = isThere
    ? `no Python ${wish.version}${said} of this machine can be used`
    : `Python ${wish.version}${said} is not on this machine`
  return new LandfallError({
    code: 'E_RUNTIME',
    message: what,
    detail: refused.length > 0 ? refused.join('\n') : 'there is no Python on PATH',
    hint: `${install}${wish.from ? `, or name another version in ${wish.from}` : ''}`,
  })
}
