// Written by `npm run gen`: one line for every folder here.
import type { EngineType } from '../model/plug.ts'
import memoryPlug from './memory/index.ts'
import processPlug from './process/index.ts'

export const engineTypes: Record<string, EngineType> = {
  'memory': memoryPlug,
  'process': processPlug,
}
