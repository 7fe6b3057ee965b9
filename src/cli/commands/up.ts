import { carryOut } from '../carry-out.ts'
import type { Run } from '../command.ts'
import { hasManifest, hasManifestAbove, noManifest, whereOf } from '../where.ts'

export const run: Run = async (context, components, { key }) => {
  if (!hasManifest(context.folder)) {
    // In the middle of an app a second manifest is hardly what was meant.
    if (hasManifestAbove(context.folder)) throw noManifest(context.folder)
    const { offerManifest } = await import('../offer-manifest.ts')
    await offerManifest(context)
  }
  const where = await whereOf(context)
  const wish = { type: 'up' as const, ...(components.length > 0 && { only: components }) }
  return carryOut(context, { key, where, wish, what: 'this release', nothing: 'nothing to do' })
}
