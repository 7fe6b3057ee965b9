// Written by `npm run gen`: one line for every folder here.
import type { EngineType } from '../model/plug.ts'

export const engineTypes: Record<string, EngineType> = {
}
