import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Run } from '../command.ts'
import { exists, offerManifest, sayWritten } from '../offer-manifest.ts'

export const run: Run = async (context) => {
  if (existsSync(join(context.folder, 'landfall.yaml'))) throw exists(context.folder)
  sayWritten(context, await offerManifest(context))
  return 0
}
