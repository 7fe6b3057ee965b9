// Written by `npm run gen`: one line for every folder here.
import type { EdgeType } from '../model/plug.ts'
import builtinPlug from './builtin/index.ts'
import memoryPlug from './memory/index.ts'

export const edgeTypes: Record<string, EdgeType> = {
  'builtin': builtinPlug,
  'memory': memoryPlug,
}
