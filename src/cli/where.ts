import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LandfallError } from '../lib/error.ts'
import type { Context } from './context.ts'

export interface Where {
  folder: string
  environment: string
  config?: unknown
}

const CONFIG = 'landfall.config.ts'
const MANIFESTS = ['landfall.yaml', 'landfall.yml', CONFIG]

/** What the ops want to know of an app. Refuses a folder without a manifest, and says where one would have been. */
export async function whereOf(context: Context): Promise<Where> {
  const { folder, environment } = context
  if (!hasManifest(folder)) throw noManifest(folder)
  const config = await configOf(folder)
  return { folder, environment, ...(config !== undefined && { config }) }
}

/** For commands about what is on record: a manifest that is broken, or gone, does not keep them from it. */
export async function placeOf({ folder, environment }: Context): Promise<Where> {
  const config = await configOf(folder).catch(() => undefined)
  return { folder, environment, ...(config !== undefined && { config }) }
}

export const hasManifest = (folder: string) => MANIFESTS.some((name) => existsSync(join(folder, name)))

export const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

export function noManifest(folder: string): LandfallError {
  const above = nearestAbove(folder)
  return new LandfallError({
    code: 'E_NO_MANIFEST',
    message: isFolder(folder) ? `there is no manifest in ${folder}` : `there is no folder ${folder}`,
    detail: `searched: ${MANIFESTS.map((name) => join(folder, name)).join(', ')}`,
    hint: above
      ? `there is one above: add \`-C ${above}\``
      : '`landfall init` writes one; `-C <folder>` names the folder of an app',
  })
}

export const hasManifestAbove = (folder: string) => nearestAbove(folder) !== undefined

function nearestAbove(folder: string): string | undefined {
  const parent = dirname(folder)
  if (parent === folder) return undefined
  return hasManifest(parent) ? parent : nearestAbove(parent)
}

/** landfall.config.ts is code: it runs here, as the person who typed the command, and only its data travels. */
async function configOf(folder: string): Promise<unknown> {
  if (!existsSync(join(folder, CONFIG))) return undefined
  const found = MANIFESTS.filter((name) => existsSync(join(folder, name)))
  if (found.length > 1) {
    throw new LandfallError({
      code: 'E_TWO_MANIFESTS',
      message: `${folder} has ${found.join(' and ')}`,
      hint: 'keep one of them',
    })
  }
  const { evaluateConfig } = await import('../ops/config.ts')
  return evaluateConfig(folder)
}
