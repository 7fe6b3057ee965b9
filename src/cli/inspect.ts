import { LandfallError } from '../lib/error.ts'
import type { Finding } from '../model/finding.ts'

/** What was found in a folder without a manifest. */
export interface Inspection {
  text: string
  findings: Finding[]
  guesses: string[]
}

export async function inspect(folder: string): Promise<Inspection> {
  throw new LandfallError({ code: 'E_NO_MANIFEST', message: `there is no manifest in ${folder}` })
}
