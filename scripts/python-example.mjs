// An example in Python brings tests of its own: pytest, in a virtual environment that stays until its requirements change.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `run(file, args, cwd)` resolves with `{ code, text }`. Answers how many tests passed and failed, with the output where one did, or
 * `missing`: what this machine lacks.
 */
export async function pythonExample(folder, run) {
  const python = await run('python3', ['-c', 'import ensurepip, venv'], folder)
  if (python.code !== 0) return { missing: 'python3 with venv' }
  const environment = join(folder, '.venv')
  const stamp = join(environment, 'landfall-requirements')
  const wanted = digest(['requirements-dev.txt', 'backend/requirements.txt', 'frontend/requirements.txt'], folder)
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    rmSync(environment, { recursive: true, force: true })
    const steps = [
      ['python3', ['-m', 'venv', environment]],
      [join(environment, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', 'requirements-dev.txt']],
    ]
    for (const [file, args] of steps) {
      const { code, text } = await run(file, args, folder)
      if (code !== 0) return { passed: 0, failed: 1, text }
    }
    writeFileSync(stamp, wanted)
  }
  const { code, text } = await run(join(environment, 'bin/python'), ['-m', 'pytest', '-q'], folder)
  const count = (what) => Number(new RegExp(`(\\d+) ${what}`).exec(text.slice(-300))?.[1] ?? 0)
  return { passed: count('passed'), failed: count('failed') + count('error') || (code === 0 ? 0 : 1), text }
}

function digest(names, folder) {
  const texts = names.map((name) => join(folder, name)).map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : ''))
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex')
}
