import type { Finding } from '../model/finding.ts'
import type { OpInput } from '../ops/contract.ts'
import type { Context } from './context.ts'

interface EnvironmentFile {
  values: OpInput<'env-import'>['values']
  findings: Finding[]
}

/** A file of variables, or stdin for `-`. */
export async function readEnvironmentFile(context: Context, path: string): Promise<EnvironmentFile> {
  const { readEnvironmentFile: read } = await import('../ops/env-file.ts')
  return path === '-' ? read(context.folder, path, await readStdin()) : read(context.folder, path)
}

async function readStdin(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const part of process.stdin) text += part
  return text
}
