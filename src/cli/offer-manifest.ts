import { statSync } from 'node:fs'
import { join } from 'node:path'
import { LandfallError } from '../lib/error.ts'
import type { InitAnswer } from '../ops/init.ts'
import { confirm } from './ask.ts'
import type { Context } from './context.ts'
import { renderFindings } from './render/findings.ts'
import { renderManifest } from './render/manifest.ts'
import { noManifest } from './where.ts'

export type Written = InitAnswer & { file: string }

/** Shows the manifest that a folder seems to want, and writes it after a yes. */
export async function offerManifest(context: Context): Promise<Written> {
  const { folder, err, isJson } = context
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw noManifest(folder)
  const { inspectFolder, writeFirstManifest } = await import('../ops/init.ts')
  const found = await inspectFolder(folder)
  const first = found.findings.find((f) => f.level === 'error')
  if (!isJson && found.text) err.say(renderManifest(found, err.look))
  // One that stops everything is told as the error itself.
  const others = found.findings.filter((f) => f !== first)
  if (!isJson && others.length > 0) err.say(`${renderFindings(others, folder, err.look)}\n`)
  if (first) {
    const { code, message, hint } = first
    throw new LandfallError({ code, message, at: first.at, ...(hint && { hint }) })
  }
  await confirm(context, `Write ${join(folder, 'landfall.yaml')}?`, 'writing landfall.yaml')
  return { ...found, file: writeFirstManifest(folder, found.text) }
}
