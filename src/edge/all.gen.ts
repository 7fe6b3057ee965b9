// Written by `npm run gen`: one line for every folder here.
import type { EdgeType } from '../model/plug.ts'

export const edgeTypes: Record<string, EdgeType> = {
}
