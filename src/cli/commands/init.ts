import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { offerManifest } from '../offer-manifest.ts'
import { renderHint } from '../render/error.ts'

export const run: Run = async (context) => {
  const written = await offerManifest(context)
  const { look } = context.out
  answer(context, written, () => `${look.paint.green(look.signs.ok)} wrote ${written.file}\n${renderHint('landfall up', look)}`)
  return 0
}
