import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { makeTestbed } from '../../lib/build/testbed.ts'
import type { Build } from '../../model/app.ts'
import type { ArtifactUse, SourceFiles } from '../../model/plug.ts'
import { check } from './check.ts'
import python from './index.ts'

// Real installs: a hang guard, not an expectation.
vi.setConfig({ testTimeout: 300_000 })

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const filesOf = (texts: Record<string, string>): SourceFiles => ({
  names: new Set(Object.keys(texts)),
  text: (path) => texts[path],
})
const aBuild = (options: Build['options'] = {}): Build => ({
  builder: 'python',
  options,
  env: {},
  timeoutSeconds: 60,
  limits: {},
})
const web: ArtifactUse = { type: 'web', commands: [] }
const codes = (texts: Record<string, string>, use?: ArtifactUse) => check(filesOf(texts), aBuild(), use).map((f) => f.code)

test('packages come from the most exact list there is', () => {
  const steps = (texts: Record<string, string>) =>
    python.recipe(filesOf({ 'app.py': '', ...texts }), aBuild(), web).steps.map((s) => s.command.join(' '))
  const project = '[project]\nname = "x"'
  expect(steps({ 'requirements.txt': '', 'pyproject.toml': project })[1]).toBe(
    '.venv/bin/pip install --requirement requirements.txt',
  )
  expect(steps({ 'pyproject.toml': project })[1]).toBe('.venv/bin/pip install .')
  expect(steps({ 'pyproject.toml': '[tool.ruff]' })).toEqual(['python -m venv .venv'])
  expect(steps({ 'uv.lock': '', 'pyproject.toml': project })).toContain(
    '.landfall-tools/bin/uv sync --frozen --no-dev --no-editable',
  )
  expect(steps({ 'poetry.lock': '', 'pyproject.toml': project }).join('\n')).toContain('poetry install --only main')
})

test('an environment is taken from an earlier build only where its list does not install from the source', () => {
  const keeps = (texts: Record<string, string>) => python.recipe(filesOf(texts), aBuild(), web).steps[0]?.keeps?.from
  expect(keeps({ 'requirements.txt': '-r base.txt\nflask==3.0', 'base.txt': 'a==1' })).toEqual(['base.txt', 'requirements.txt'])
  expect(keeps({ 'requirements.txt': '-e .\n' })).toBeUndefined()
  expect(keeps({ 'requirements.txt': './lib\n' })).toBeUndefined()
  expect(keeps({ 'pyproject.toml': '[project]' })).toBeUndefined()
})

test('the version of Python comes from where it is said, and one without security fixes is named', () => {
  const wish = (texts: Record<string, string>) => python.runtimes(filesOf(texts), aBuild())[0]
  expect(wish({ '.python-version': '3.12\n' })).toEqual({ name: 'python', version: '3.12', from: '.python-version' })
  expect(wish({ '.python-version': '3.12.1' })?.version).toBe('~3.12.1')
  expect(wish({ 'runtime.txt': 'python-3.11.4' })?.version).toBe('~3.11.4')
  expect(wish({ 'pyproject.toml': '[project]\nrequires-python = ">=3.10,<3.13"' })?.version).toBe('>=3.10 <3.13')
  expect(wish({ 'pyproject.toml': '[project]\nrequires-python = "~=3.11"' })?.version).toBe('>=3.11 <4')
  expect(codes({ 'a.py': '', 'requirements.txt': '', '.python-version': '3.8' })).toEqual(['W_END_OF_LIFE'])
  expect(codes({ 'a.py': '', 'requirements.txt': '', '.python-version': '3.12' })).toEqual([])
  expect(codes({ 'a.py': '', 'requirements.txt': '' })).toEqual(['W_RUNTIME_UNPINNED'])
  expect(codes({ 'a.py': '', 'requirements.txt': '', '.python-version': 'system' })).toEqual(['E_RUNTIME_VERSION'])
})

test('packages without an exact version, and lists that nobody reads, are findings', () => {
  const pinned = { 'a.py': '', '.python-version': '3.12' }
  expect(codes({ ...pinned, 'requirements.txt': 'flask>=3\nwerkzeug==3.0 # why\n# note\n-i https://x/\n' })).toEqual([
    'W_NO_LOCKFILE',
  ])
  expect(codes({ ...pinned, Pipfile: '' })).toEqual(['E_PACKAGE_MANAGER'])
  expect(codes({ ...pinned })).toEqual(['W_NO_LOCKFILE'])
  expect(codes({ '.python-version': '3.12', 'requirements.txt': '' })).toEqual(['E_NO_PYTHON'])
})

test('what serves the app is recognised, with what it lacks', () => {
  const found = (texts: Record<string, string>) => python.detect(filesOf(texts))[0]
  const command = (texts: Record<string, string>) => found(texts)?.component.run?.join(' ')
  const port = '${' + 'PORT}'
  const fast = { 'requirements.txt': 'fastapi==1\nuvicorn==1', 'main.py': 'import x\napp = FastAPI(title="x")' }
  expect(command(fast)).toBe(`uvicorn main:app --host 127.0.0.1 --port ${port}`)
  expect(python.recipe(filesOf(fast), aBuild(), web).command?.at(-1)).toBe('main:app')
  expect(command({ 'requirements.txt': 'Flask==1\ngunicorn==1', 'app.py': 'site = Flask(__name__)' })).toBe('gunicorn app:site')
  const django = { 'requirements.txt': 'Django==5', 'manage.py': '', 'shop/wsgi.py': '', 'shop/asgi.py': '' }
  expect(command(django)).toBe('gunicorn shop.wsgi:application')
  expect(found(django)?.missing[0]).toContain('gunicorn is not among the packages')
  expect(codes({ ...django, '.python-version': '3.12' }, web)).toEqual(['E_NO_SERVER'])
  expect(command({ 'requirements.txt': '', Procfile: 'web: gunicorn a:b --bind 0.0.0.0:$PORT\n' })).toBe(
    `gunicorn a:b --bind 0.0.0.0:${port}`,
  )
  expect(command({ 'requirements.txt': '', Procfile: 'web: a && b' })).toBe('sh -c exec a && b')
  expect(codes({ 'a.py': '', 'requirements.txt': '', '.python-version': '3.12' }, web)).toEqual(['E_NO_COMMAND'])
})

needs('python', 'npm').describe('a Python environment', () => {
  const bed = makeTestbed({ python })
  afterAll(() => bed.end())

  test('runs from the artifact: packages, programs of packages, and the next build takes it as it is', async () => {
    const path = bed.copyOf(`${fixtures}/python-app`)
    const component = bed.component(path, {
      command: ['gunicorn', 'app:app'].map((t) => ({ type: 'text', text: t })),
      build: { builder: 'python' },
    })
    const first = await bed.build(component)
    writeFileSync(join(path, 'more.py'), '')
    const second = await bed.build(component)
    expect(bed.said.join('\n')).toContain('dependencies are those of an earlier build')
    expect(bed.said.join('\n')).not.toContain('pip install')
    for (const built of [first, second]) {
      const said = await bed.run(built, ['python', 'say.py'])
      expect(said).toBe(`0.13.4 ${built.root}/.venv`)
      expect(await bed.run(built, ['gunicorn', '--version'])).toContain('gunicorn')
      const shebang = readFileSync(join(built.root, '.venv/bin/gunicorn'), 'utf8').split('\n')[0]
      expect(shebang).toContain(`#!${built.root}/.venv/bin/python`)
      expect(readFileSync(join(built.root, '.venv/pyvenv.cfg'), 'utf8')).not.toContain('scratch')
    }
  })
})
