// Written by `npm run gen`: one line for every folder here.
import type { ResourceType } from '../model/plug.ts'

export const resourceTypes: Record<string, ResourceType> = {
}
