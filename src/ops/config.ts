import { loadConfig } from '../manifest/config.ts'

/** What landfall.config.ts gives, as plain data. It is the user's code: only their own command line calls this. */
export async function evaluateConfig(folder: string): Promise<unknown> {
  // What travels to the daemon is what survives JSON.
  return JSON.parse(JSON.stringify(await loadConfig(folder)))
}
