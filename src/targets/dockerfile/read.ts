import type { Read, ReadContext } from '../../model/target.ts'
export async function read(_context: ReadContext): Promise<Read> {
  return { manifest: {}, because: {}, steps: [] }
}
