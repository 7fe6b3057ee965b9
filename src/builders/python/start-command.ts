import { posix } from 'node:path'
import { PORT, readProcfile, wordsOf } from '../../lib/build/read-procfile.ts'
import type { BuildOptions } from '../../model/app.ts'
import type { SourceFiles } from '../../model/plug.ts'
import { packageNames } from './dependencies.ts'

export interface Start {
  /** As a manifest writes it: `${PORT}` stands for the port. */
  run: string[]
  /** Without anything to be put in: what the artifact starts by itself. */
  command: string[]
  because: string
  missing?: string
}

const MODULES = [
  'main',
  'app',
  'application',
  'server',
  'asgi',
  'wsgi',
  'api',
  'run',
  'app/main',
  'src/main',
  'src/app',
  'api/main',
  'app/__init__',
]

/** What serves the app: a Procfile's `web`, Django, FastAPI and its like, Flask; `undefined` where none of them is found. */
export function startOf(files: SourceFiles, options: BuildOptions): Start | undefined {
  const folder = options.workspace ?? '.'
  const names = packageNames(files, options)
  return fromProcfile(files, folder) ?? fromDjango(files, folder, names) ?? fromApplication(files, folder, names)
}

function fromProcfile(files: SourceFiles, folder: string): Start | undefined {
  const line = readProcfile(files.text(posix.join(folder, 'Procfile'))).web
  if (line === undefined) return undefined
  const words = wordsOf(line)
  const shell = ['sh', '-c', `exec ${line}`]
  const command = words && !words.some((w) => w.includes(PORT)) ? words : shell
  return { run: words ?? shell, command, because: `Procfile: web: ${line}` }
}

function fromDjango(files: SourceFiles, folder: string, names: Set<string>): Start | undefined {
  if (!names.has('django') || !files.names.has(posix.join(folder, 'manage.py'))) return undefined
  const prefix = folder === '.' ? '' : `${folder}/`
  const modules = [...files.names].filter((n) => n.startsWith(prefix)).map((n) => n.slice(prefix.length))
  const asgi = names.has('uvicorn') ? modules.find((n) => /^\w+\/asgi\.py$/.test(n)) : undefined
  const wsgi = modules.find((n) => /^\w+\/wsgi\.py$/.test(n))
  const because = `manage.py, and Django among the packages`
  if (asgi && !names.has('gunicorn')) return uvicorn(`${asgi.split('/')[0]}.asgi:application`, because, names)
  if (wsgi) return gunicorn(`${wsgi.split('/')[0]}.wsgi:application`, because, names)
  return undefined
}

const APPLICATION = /^(\w+)(?:\s*:\s*\w+)?\s*=\s*(FastAPI|Starlette|Litestar|Quart|Sanic|Flask|create_app)\s*\(/m

function fromApplication(files: SourceFiles, folder: string, names: Set<string>): Start | undefined {
  for (const module of MODULES) {
    const file = posix.join(folder, `${module}.py`)
    const found = APPLICATION.exec(files.text(file) ?? '')
    if (!found) continue
    const target = `${module.replace(/\/__init__$/, '').replaceAll('/', '.')}:${found[1]}`
    const isFlask = found[2] === 'Flask' || (found[2] === 'create_app' && names.has('flask'))
    const because = `${file} makes a ${isFlask ? 'Flask' : found[2]} application`
    if (isFlask) return gunicorn(target, because, names)
    return names.has('gunicorn') && names.has('uvicorn')
      ? gunicorn(target, because, names, true)
      : uvicorn(target, because, names)
  }
  return undefined
}

/** gunicorn listens on PORT by itself. */
function gunicorn(target: string, because: string, names: Set<string>, isAsync = false): Start {
  const run = ['gunicorn', ...(isAsync ? ['--worker-class', 'uvicorn.workers.UvicornWorker'] : []), target]
  return {
    run,
    command: run,
    because,
    ...(!names.has('gunicorn') && { missing: 'gunicorn is not among the packages, and serves this' }),
  }
}

function uvicorn(target: string, because: string, names: Set<string>): Start {
  return {
    run: ['uvicorn', target, '--host', '127.0.0.1', '--port', PORT],
    command: ['sh', '-c', 'exec uvicorn "$0" --host 127.0.0.1 --port "$PORT"', target],
    because,
    ...(!names.has('uvicorn') && { missing: 'uvicorn is not among the packages, and serves this' }),
  }
}
