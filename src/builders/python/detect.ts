import { posix } from 'node:path'
import { readProcfile, wordsOf } from '../../lib/build/read-procfile.ts'
import { wishPython } from '../../lib/build/wish-python.ts'
import type { Detection, SourceFiles } from '../../model/plug.ts'
import { packageNames } from './dependencies.ts'
import { startOf } from './start-command.ts'

const MARKERS = ['requirements.txt', 'pyproject.toml', 'Pipfile', 'manage.py']
const QUEUES = ['celery', 'rq', 'dramatiq', 'huey', 'arq']

export function detect(files: SourceFiles): Detection[] {
  const folders = [...files.names].filter((n) => MARKERS.includes(posix.basename(n))).map((n) => posix.dirname(n))
  return [...new Set(folders)].sort().flatMap((folder) => detectIn(files, folder))
}

function detectIn(files: SourceFiles, folder: string): Detection[] {
  const options = { workspace: folder }
  const start = startOf(files, options)
  const names = packageNames(files, options)
  const missing = wishPython(files, options).findings.map((f) => f.message)
  const found: Detection[] = []
  const name = nameOf(folder)
  if (start) {
    const all = start.missing ? [start.missing, ...missing] : missing
    found.push({ folder, component: { name, type: 'web', run: start.run, options: {} }, because: [start.because], missing: all })
  }
  const worker = readProcfile(files.text(posix.join(folder, 'Procfile'))).worker
  const words = worker === undefined ? undefined : wordsOf(worker)
  const queue = QUEUES.find((n) => names.has(n))
  if (worker !== undefined) {
    const run = words ?? ['sh', '-c', `exec ${worker}`]
    found.push({
      folder,
      component: { name: `${name}-worker`, type: 'worker', run, options: {} },
      because: [`Procfile: worker: ${worker}`],
      missing,
    })
  } else if (queue && start) {
    found[0]?.missing.push(`${queue} is among the packages: its worker needs a component of its own`)
  }
  return found
}

function nameOf(folder: string): string {
  const plain = posix
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 32)
  return /^[a-z][a-z0-9-]*[a-z0-9]$/.test(plain) ? plain : 'web'
}
