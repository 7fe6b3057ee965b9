// Written by `npm run gen`: one line for every folder here.
import type { Target } from '../model/plug.ts'

export const targets: Record<string, Target> = {
}
