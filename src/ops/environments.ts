import { readManifest, type Where } from './read-manifest.ts'

/** Environments that a manifest names; none where it cannot be read. */
export async function namesOfEnvironments(where: Where): Promise<string[]> {
  const { manifest } = await readManifest(where)
  return Object.keys(manifest?.environments ?? {})
}
