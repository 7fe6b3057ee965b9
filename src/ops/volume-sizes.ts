import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { sizeMiBOf } from '../lib/option-reader.ts'
import type { Resource } from '../model/app.ts'
import type { Scope } from '../model/plan.ts'
import type { VolumeSize } from './contract.ts'
import type { Setting } from './world.ts'

const FRESH_MS = 30_000
const PATIENCE_MS = 300

/** Of every folder: what was counted last, and the count that goes on. */
const known = new Map<string, { at: number; bytes?: number; counting?: Promise<void> }>()

export async function volumeSizes({ engine }: Setting, scope: Scope, resources: Resource[]): Promise<VolumeSize[]> {
  const { volumes } = await engine.observe(scope)
  return Promise.all(
    volumes.map(async (name) => {
      const bytes = await sizeOf(engine.volumePath(scope, name))
      const wishedMiB = sizeMiBOf(resources.find((r) => r.type === 'volume' && r.name === name)?.options.size)
      return { name, ...(bytes !== undefined && { bytes }), ...(wishedMiB !== undefined && { wishedMiB }) }
    }),
  )
}

async function sizeOf(folder: string): Promise<number | undefined> {
  const entry = known.get(folder) ?? { at: 0 }
  known.set(folder, entry)
  if (Date.now() - entry.at < FRESH_MS) return entry.bytes
  entry.counting ??= count(folder)
    .then((bytes) => {
      entry.bytes = bytes
      entry.at = Date.now()
    })
    .finally(() => {
      delete entry.counting
    })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS)
  })
  await Promise.race([entry.counting, late])
  clearTimeout(timer)
  return entry.bytes
}

/** What its files take on the disk. What goes while we look is not counted; links are not followed. */
async function count(folder: string): Promise<number> {
  let bytes = 0
  const open = await opendir(folder).catch(() => undefined)
  if (!open) return 0
  for await (const entry of open) {
    const path = join(folder, entry.name)
    const found = await lstat(path).catch(() => undefined)
    bytes += (found?.blocks ?? 0) * 512
    if (entry.isDirectory()) bytes += await count(path)
  }
  return bytes
}
