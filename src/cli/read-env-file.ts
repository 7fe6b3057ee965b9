import { readFileSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { codeOf, LandfallError } from '../lib/error.ts'
import type { EnvFile } from '../manifest/env-file.ts'
import type { Finding } from '../model/finding.ts'
import type { Context } from './context.ts'

const MOST_BYTES = 4 * 1024 * 1024

/** A file of variables as somebody keeps it, or stdin for `-`. Said as well: who else may read it. */
export async function readEnvironmentFile(context: Context, path: string): Promise<EnvFile> {
  const { readEnvFile } = await import('../manifest/env-file.ts')
  if (path === '-') return readEnvFile('stdin', await readStdin())
  const file = resolve(path)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat?.isFile()) throw new LandfallError({ code: 'E_NO_FILE', message: `there is no file ${file}` })
  if (stat.size > MOST_BYTES) throw new LandfallError({ code: 'E_TOO_LARGE', message: `${file} has more than 4 MiB` })
  const inside = relative(context.folder, file)
  const shown = inside.startsWith('..') ? file : inside
  const read = readEnvFile(shown, textOf(file, shown))
  const open: Finding[] =
    stat.mode & 0o077
      ? [
          {
            level: 'warning',
            code: 'W_FILE_MODE',
            at: shown,
            message: 'others on this machine may read it',
            hint: `chmod 600 ${shown}`,
          },
        ]
      : []
  return { ...read, findings: [...read.findings, ...open] }
}

function textOf(file: string, shown: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
    throw new LandfallError({
      code: 'E_OWNER',
      message: `${shown} cannot be read by us`,
      at: shown,
      hint: `chown ${process.getuid?.()} ${shown}`,
    })
  }
}

async function readStdin(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const part of process.stdin) text += part
  return text
}
