import { posix } from 'node:path'
import { validRange } from 'semver'
import { parse } from 'smol-toml'
import type { BuildOptions } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { RuntimeWish, SourceFiles } from '../../model/plug.ts'
import { endOfLife, supportedLine } from './end-of-life.ts'
import { firstLine, type Wished } from './wish-node.ts'

const ANY = '>=3.9'

/**
 * Which Python: `build.runtime`, else `.python-version`, `runtime.txt`, `requires-python`, each of the component's folder before
 * that of the whole source; else any that still has fixes, which is a finding.
 */
export function wishPython(files: SourceFiles, options: BuildOptions, today = new Date()): Wished {
  const folders = [...new Set([options.workspace ?? '.', '.'])]
  const found = byHand(options) ?? fromFiles(files, folders)
  const line = supportedLine('python', today)
  if (!found) {
    const message = 'nothing says which Python this needs: the newest one of this machine is used'
    const hint = `echo ${line} > .python-version`
    const finding: Finding = { level: 'warning', code: 'W_RUNTIME_UNPINNED', at: '.python-version', message, hint }
    return { wish: { name: 'python', version: ANY }, findings: [finding] }
  }
  const version = rangeOf(found.text)
  if (version === undefined) {
    const message = `${JSON.stringify(found.text.slice(0, 60))} is no version of Python that can be looked for`
    const finding: Finding = { level: 'error', code: 'E_RUNTIME_VERSION', at: found.from, message, hint: `write ${line}` }
    return { wish: { name: 'python', version: ANY, from: found.from }, findings: [finding] }
  }
  const wish: RuntimeWish = { name: 'python', version, from: found.from }
  const end = endOfLife('python', version, today)
  if (!end) return { wish, findings: [] }
  const message = `${end.what} has had no security fixes since ${end.since}`
  const hint = `move to Python ${line}, and say so in ${found.from}`
  return { wish, findings: [{ level: 'warning', code: 'W_END_OF_LIFE', at: found.from, message, hint }] }
}

type Said = { text: string; from: string }

function byHand(options: BuildOptions): Said | undefined {
  if (options.runtime === undefined) return undefined
  return { text: options.runtime.replace(/^python[@-]?/, ''), from: 'build.runtime' }
}

function fromFiles(files: SourceFiles, folders: string[]): Said | undefined {
  for (const folder of folders) {
    for (const name of ['.python-version', 'runtime.txt']) {
      const from = posix.join(folder, name)
      const text = firstLine(files.text(from))?.replace(/^python-/, '')
      if (text) return { text, from }
    }
    const from = posix.join(folder, 'pyproject.toml')
    const required = requiresPython(files.text(from))
    if (required) return { text: required, from }
  }
  return undefined
}

export function readToml(text: string | undefined): Record<string, unknown> {
  try {
    return text === undefined ? {} : parse(text)
  } catch {
    return {} // pip names the file and the place when it is asked to install it.
  }
}

function requiresPython(text: string | undefined): string | undefined {
  const { project } = readToml(text)
  const value = typeof project === 'object' && project !== null && 'requires-python' in project ? project['requires-python'] : ''
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/**
 * From PEP 440 to a range that semver reads. A patch version, as pyenv writes it, is met by a later one of the same line: those
 * are fixes alone, and a machine has one.
 */
function rangeOf(text: string): string | undefined {
  if (/^\d+\.\d+\.\d+$/.test(text)) return `~${text}`
  const parts = text.split(',').map((part) => part.trim())
  const ranges = parts.map((part) => {
    const compatible = /^~=\s*(\d+)\.(\d+)(\.\d+)?$/.exec(part)
    if (compatible) return compatible[3] ? `~${part.slice(2).trim()}` : `>=${part.slice(2).trim()} <${Number(compatible[1]) + 1}`
    if (part.startsWith('!=')) return ''
    return part.replace(/^===?\s*/, '').replace(/\.\*$/, '')
  })
  const range = ranges.filter(Boolean).join(' ')
  return range !== '' && validRange(range) ? range : undefined
}
