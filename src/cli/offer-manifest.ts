import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../lib/atomic.ts'
import { LandfallError } from '../lib/error.ts'
import { confirm } from './ask.ts'
import { answer, type Context } from './context.ts'
import { type Inspection, inspect } from './inspect.ts'
import { renderFindings } from './render/findings.ts'
import { renderManifest } from './render/manifest.ts'
import { noManifest } from './where.ts'

/** Shows the manifest that a folder seems to want, and writes it after a yes. */
export async function offerManifest(context: Context): Promise<Inspection> {
  const { folder, err, isJson } = context
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw noManifest(folder)
  const found = await inspect(folder)
  if (found.findings.some((f) => f.level === 'error')) {
    if (!isJson) err.say(`${renderFindings(found.findings, folder, err.look)}\n`)
    throw new LandfallError({ ...noManifestToWrite(folder, found), ...(isJson && { detail: JSON.stringify(found.findings) }) })
  }
  if (!isJson) {
    err.say(renderManifest(found, err.look))
    if (found.findings.length > 0) err.say(`${renderFindings(found.findings, folder, err.look)}\n`)
  }
  await confirm(context, `Write it to ${join(folder, 'landfall.yaml')}?`, 'writing landfall.yaml')
  // Asking takes its time: what came in between is not overwritten.
  if (existsSync(join(folder, 'landfall.yaml'))) throw exists(folder)
  writeAtomic(join(folder, 'landfall.yaml'), found.text, 0o644)
  return found
}

export function exists(folder: string): LandfallError {
  return new LandfallError({
    code: 'E_EXISTS',
    message: `${join(folder, 'landfall.yaml')} is there already`,
    hint: '`landfall check` looks at it',
  })
}

function noManifestToWrite(folder: string, { guesses }: Inspection) {
  return {
    code: 'E_NO_MANIFEST',
    message: `there is no manifest in ${folder}, and nothing here says how the app is run`,
    ...(guesses.length > 0 && { detail: guesses.join('\n') }),
    hint: 'write landfall.yaml by hand: `landfall schema` says what may stand in it',
  }
}

export function sayWritten(context: Context, found: Inspection): void {
  const { paint, signs } = context.out.look
  const file = join(context.folder, 'landfall.yaml')
  answer(context, { file, ...found }, () => `${paint.green(signs.ok)} wrote ${file}\n  ${paint.cyan('next:')} landfall up`)
}
