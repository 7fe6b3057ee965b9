import { readFileSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { codeOf, LandfallError } from '../lib/error.ts'
import { type EnvFile, readEnvFile } from '../manifest/env-file.ts'
import type { Finding } from '../model/finding.ts'

const MOST_BYTES = 4 * 1024 * 1024

/** A file of variables as somebody keeps it; `text` where it came on stdin. Said as well: who else may read it. */
export function readEnvironmentFile(folder: string, path: string, text?: string): EnvFile {
  if (text !== undefined) return readEnvFile('stdin', text)
  const file = resolve(path)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat?.isFile()) throw new LandfallError({ code: 'E_NO_FILE', message: `there is no file ${file}` })
  if (stat.size > MOST_BYTES) throw new LandfallError({ code: 'E_TOO_LARGE', message: `${file} has more than 4 MiB` })
  const inside = relative(folder, file)
  const shown = inside.startsWith('..') ? file : inside
  const read = readEnvFile(shown, textOf(file, shown))
  if (!(stat.mode & 0o077)) return read
  const message = 'others on this machine may read it'
  const open: Finding = { level: 'warning', code: 'W_FILE_MODE', at: shown, message, hint: `chmod 600 ${shown}` }
  return { ...read, findings: [...read.findings, open] }
}

function textOf(file: string, shown: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
    const hint = `chown ${process.getuid?.()} ${shown}`
    throw new LandfallError({ code: 'E_OWNER', message: `${shown} cannot be read by us`, at: shown, hint })
  }
}
